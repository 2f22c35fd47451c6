/** A group of settings in the *Step* tab, which opens and closes; one in which something is set is open and marked. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

export interface SettingsGroupProps {
  readonly name: string;
  readonly title: string;
  /** Whose settings they are. */
  readonly steps: string;
  readonly isUsed: boolean;
  readonly isOpenAtFirst?: boolean;
  readonly trans: TranslationBundle;
  /** What it holds while it is open. */
  readonly content: () => React.ReactNode;
}

export function SettingsGroup(props: SettingsGroupProps): JSX.Element {
  const { name, title, steps, isUsed, isOpenAtFirst = false, trans, content } = props;
  const [isOpen, setOpen] = React.useState(isUsed || isOpenAtFirst);
  React.useEffect(() => setOpen(before => before || isUsed), [steps, isUsed]);
  return (
    <details
      className="kfnb-group"
      data-group={name}
      open={isOpen}
      onToggle={event => setOpen((event.target as HTMLDetailsElement).open)}
    >
      <summary>
        {title}
        {isUsed && <span className="kfnb-mark" role="img" aria-label={trans.__('something is set')} />}
      </summary>
      {isOpen && content()}
    </details>
  );
}
