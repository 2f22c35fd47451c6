/** A button that loads values into the notebook's kernel, and says what is there then or why nothing is. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ReasonedButton } from './reasoned_button';
import { Trouble } from './trouble';

export interface LoadButtonProps {
  readonly label: string;
  readonly title: string;
  /** Loads, and gives the names of the variables. */
  readonly load: () => Promise<string>;
  readonly trans: TranslationBundle;
}

export function LoadButton({ label, title, load, trans }: LoadButtonProps): JSX.Element {
  const [isBusy, setBusy] = React.useState(false);
  const [loaded, setLoaded] = React.useState<string | null>(null);
  const [trouble, setTrouble] = React.useState<string | null>(null);
  const attempt = async (): Promise<void> => {
    setBusy(true);
    setLoaded(null);
    setTrouble(null);
    try {
      setLoaded(await load());
    } catch (error) {
      setTrouble((error as Error).message);
    }
    setBusy(false);
  };
  return (
    <>
      <ReasonedButton
        className="kfnb-link"
        data-action="load"
        why={isBusy ? trans.__('The kernel is loading, or busy with something else') : null}
        title={title}
        onClick={() => void attempt()}
      >
        {isBusy ? trans.__('loading …') : label}
      </ReasonedButton>
      {loaded !== null && (
        <p className="kfnb-note" role="status">
          {loaded === '' ? trans.__('There is nothing to load.') : trans.__('In the kernel now: %1', loaded)}
        </p>
      )}
      <Trouble text={trouble} />
    </>
  );
}
