/** The *Run* tab: the form, then the run; earlier runs of the notebook are looked at here too. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { Api } from '../api';
import type { RunRow } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';
import { Choosing } from '../run/choosing';
import type { Consent } from '../run/start';
import { Findings } from './findings';
import { HomeNote } from './home_note';
import { RunForm } from './run_form';
import { RunView } from './run_view';
import { Trouble } from './trouble';
import { useSignal } from './watching';
import { lookOf } from '../graph';

const EARLIER = 30;

export interface RunTabProps {
  readonly notebook: OpenNotebook;
  readonly api: Api;
  readonly consent: Consent;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

export function RunTab({ notebook, api, consent, commands, trans }: RunTabProps): JSX.Element {
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
      <EarlierRuns {...{ notebook, api, trans }} />
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

/** The runs of this notebook, newest first; the one that is chosen is shown. */
function EarlierRuns(props: {
  notebook: OpenNotebook;
  api: Api;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { notebook, api, trans } = props;
  const [runs, setRuns] = React.useState<readonly RunRow[]>([]);
  const id = React.useId();
  const choosing = React.useMemo(() => new Choosing(notebook, api), [notebook, api]);
  useSignal(choosing.changed);
  const { session, path } = notebook;
  const { started } = notebook.draft;
  React.useEffect(() => {
    let isCurrent = true;
    const load = async (): Promise<void> => {
      const found = await api.runsOf(path, EARLIER).catch(() => []);
      if (isCurrent) {
        setRuns(found);
      }
    };
    void load();
    return () => {
      isCurrent = false;
    };
  }, [path, session?.id, session?.hasEnded, started]);
  if (runs.length === 0) {
    return null;
  }
  return (
    <div className="kfnb-field">
      <label htmlFor={id}>{trans.__('Runs of this notebook')}</label>
      <select
        id={id}
        className="kfnb-input"
        data-field="runs"
        value={choosing.chosen ?? session?.id ?? ''}
        onChange={event => void choosing.choose(event.target.value || null)}
      >
        <option value="">{trans.__('none is shown')}</option>
        {session !== null && !runs.some(run => run.run_id === session.id) && (
          <option value={session.id}>{session.id}</option>
        )}
        {runs.map(run => (
          <option key={run.run_id} value={run.run_id}>
            {`${run.run_id} · ${run.interrupted ? trans.__('interrupted') : lookOf({ state: run.state }).word} · ${run.name}`}
          </option>
        ))}
      </select>
      <Trouble text={choosing.trouble} />
    </div>
  );
}
