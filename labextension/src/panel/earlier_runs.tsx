/** The field of the *Run* tab in which an earlier run of the notebook is chosen. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import { lookOf } from '../graph';
import type { RunRow } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';
import { Choosing } from '../run/choosing';
import type { IRunChanges } from '../tokens';
import { isPageSeen, untilReached } from '../until_reached';
import { Trouble } from './trouble';
import { useSignal } from './watching';

const EARLIER = 30;

export interface EarlierRunsProps {
  readonly notebook: OpenNotebook;
  readonly api: Api;
  readonly changes: IRunChanges;
  readonly trans: TranslationBundle;
}

/** The runs of this notebook, newest first; the one that is chosen is shown. */
export function EarlierRuns({ notebook, api, changes, trans }: EarlierRunsProps): JSX.Element | null {
  const [runs, setRuns] = React.useState<readonly RunRow[]>([]);
  const id = React.useId();
  const choosing = React.useMemo(() => new Choosing(notebook, api), [notebook, api]);
  useSignal(choosing.changed);
  const { session, path } = notebook;
  const { started } = notebook.draft;
  const [heard, hear] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const slot = (): void => hear();
    changes.changed.connect(slot);
    return () => {
      changes.changed.disconnect(slot);
    };
  }, [changes]);
  React.useEffect(
    () =>
      untilReached(() => api.runsOf(path, EARLIER), {
        found: setRuns,
        refused: () => undefined, // what is known of them stays; the panel says what is wrong with the server
        isSeen: isPageSeen
      }),
    [path, session?.id, session?.hasEnded, started, heard]
  );
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
