/** The field of the *Run* tab in which an earlier run of the notebook is chosen. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import { lookOfRun } from '../graph';
import type { RunRow } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';
import { Choosing } from '../run/choosing';
import type { IRunChanges } from '../tokens';
import { isPageSeen, untilReached } from '../until_reached';
import { Selection } from './selection';
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
  const isListed = runs.some(run => run.run_id === session?.id);
  return (
    <Selection
      label={trans.__('Runs of this notebook')}
      field="runs"
      value={choosing.chosen ?? session?.id ?? ''}
      choices={[
        ['', trans.__('none is shown')],
        session === null || isListed ? null : [session.id, session.id],
        ...runs.map(run => [run.run_id, `${run.run_id} · ${lookOfRun(run).word} · ${run.name}`] as const)
      ]}
      onChange={chosen => void choosing.choose(chosen || null)}
    >
      <Trouble text={choosing.trouble} />
    </Selection>
  );
}
