/** The *Run* tab: the form, then the run; earlier runs of the notebook are looked at here too. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { Api } from '../api';
import type { OpenNotebook } from '../notebook/open_notebook';
import type { Consent } from '../run/start';
import type { IRunChanges } from '../tokens';
import { EarlierRuns } from './earlier_runs';
import { Findings } from './findings';
import { HomeNote } from './home_note';
import { RunForm } from './run_form';
import { RunView } from './run_view';
import { Trouble } from './trouble';
import { useSignal } from './watching';

export interface RunTabProps {
  readonly notebook: OpenNotebook;
  readonly api: Api;
  readonly consent: Consent;
  readonly changes: IRunChanges;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

export function RunTab({ notebook, api, consent, changes, commands, trans }: RunTabProps): JSX.Element {
  const { session, draft } = notebook;
  const [isFormOpen, setFormOpen] = React.useState(session === null);
  useSignal(draft.changed);
  const { refusal } = draft;
  React.useEffect(() => {
    if (refusal !== null) {
      setFormOpen(true); // whatever it was started with, the form says why it was refused
    }
  }, [refusal]);
  const head = React.useRef<HTMLElement>(null);
  const close = (): void => {
    setFormOpen(false);
    const { activeElement } = document;
    const isLost = activeElement === null || activeElement === document.body;
    if (isLost || head.current?.parentElement?.contains(activeElement)) {
      head.current?.focus(); // the button that was pressed goes away, and keys would begin at the top of the page
    }
  };
  const { started } = draft;
  const before = React.useRef(started);
  React.useEffect(() => {
    if (started !== before.current) {
      before.current = started;
      close(); // whatever it was started with: a command starts one without the form
    }
  }, [started]);
  return (
    <div className="kfnb-run-tab">
      <EarlierRuns {...{ notebook, api, changes, trans }} />
      <Trouble
        text={
          draft.isLost
            ? trans.__(
                'The connection to the Jupyter server is gone. Whether the run has begun will be seen as soon as it is back.'
              )
            : null
        }
      />
      <Trouble text={session?.id === draft.started ? null : draft.unseen} />
      <details
        className="kfnb-group"
        data-group="new-run"
        open={isFormOpen}
        onToggle={event => setFormOpen((event.target as HTMLDetailsElement).open)}
      >
        <summary ref={head}>{trans.__('New run')}</summary>
        {isFormOpen && <RunForm {...{ notebook, api, consent, trans }} />}
      </details>
      {session !== null && session.id === draft.started && draft.warnings.length > 0 && (
        <section className="kfnb-preflight" aria-label={trans.__('Doubtful about this run')}>
          <Findings {...{ notebook, trans }} findings={draft.warnings} />
        </section>
      )}
      {session === null ? (
        <HomeNote {...{ notebook, trans }} shown={null} />
      ) : (
        <RunView {...{ notebook, session, api, commands, trans }} />
      )}
    </div>
  );
}
