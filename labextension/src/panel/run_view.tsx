/** A run as it goes: its graph, the task that was clicked, metrics, artifacts, and what can be done with it. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { Api } from '../api';
import { lookOf } from '../graph';
import type { OpenNotebook } from '../notebook/open_notebook';
import { bringRunHome, takeBack, type Homecoming } from '../run/bring_home';
import { artifactOf, loadIntoKernel } from '../run/load_values';
import { whyNoCancel, whyNoHome } from '../run/reasons';
import type { RunSession } from '../run/session';
import { PipelineGraph } from './pipeline_graph';
import { ArtifactsView, MetricsView } from './results';
import { SeriesView } from './series';
import { TaskDetails } from './task_details';
import { Trouble } from './trouble';

export interface RunViewProps {
  readonly notebook: OpenNotebook;
  readonly session: RunSession;
  readonly api: Api;
  readonly trans: TranslationBundle;
}

export function RunView(props: RunViewProps & { readonly commands: CommandRegistry }): JSX.Element {
  const { notebook, session, api, commands, trans } = props;
  const { document, status } = session;
  const task = session.log?.task ?? null;
  return (
    <div className="kfnb-run" data-run={session.id} data-state={status.state}>
      <RunHead {...{ session, trans }} />
      <RunButtons key={session.id} {...{ notebook, session, api, trans }} />
      <PipelineGraph
        name={document.name}
        steps={document.steps}
        edges={document.edges}
        status={status}
        selected={task}
        emptyText={trans.__('This run has no steps.')}
        translate={text => trans.__(text)}
        onChoose={name => session.follow(name)}
      />
      {task === null ? (
        <p className="kfnb-hint">{trans.__('Click a step to see its log.')}</p>
      ) : (
        <TaskDetails {...{ notebook, session, api, commands, task, trans }} />
      )}
      <MetricsView metrics={session.metrics} trans={trans} />
      {task === null && <SeriesView series={session.series} trans={trans} />}
      <ArtifactsView
        artifacts={session.artifacts}
        {...{ api, trans }}
        load={({ task, name }) =>
          loadIntoKernel({ notebook, session, api, trans }, task, artifactOf(session.id, task, name))
        }
      />
    </div>
  );
}

function RunHead({ session, trans }: { session: RunSession; trans: TranslationBundle }): JSX.Element {
  const { status, document } = session;
  const look = lookOf({ state: status.state });
  const parameters = Object.entries(document.parameters)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join(', ');
  return (
    <div className="kfnb-run-head" aria-live="polite">
      <span className="kfnb-run-state kfnb-state" style={{ borderColor: look.colour }}>
        {session.isInterrupted ? trans.__('⏸ interrupted') : `${look.icon} ${trans.__(look.word)}`}
      </span>
      <span className="kfnb-quiet">{session.id}</span>
      {document.cluster !== null && (
        <div className="kfnb-quiet">{trans.__('on the cluster %1', document.cluster)}</div>
      )}
      {parameters !== '' && <div className="kfnb-quiet">{parameters}</div>}
      {session.isInterrupted && (
        <p className="kfnb-warning">
          {trans.__('Nothing drives this run any more. Resume goes on where it stopped.')}
        </p>
      )}
      {session.waits !== null && (
        <p className="kfnb-hint">{trans.__('It has not begun: %1.', session.waits)}</p>
      )}
      {status.why !== null && <p className="kfnb-hint">{status.why}</p>}
      {session.trouble !== null && <p className="kfnb-warning">{session.trouble}</p>}
    </div>
  );
}

function RunButtons({ notebook, session, api, trans }: RunViewProps): JSX.Element {
  const { home } = session;
  const [trouble, setTrouble] = React.useState<string | null>(null);
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setTrouble(null);
    try {
      await act();
    } catch (error) {
      setTrouble((error as Error).message);
    }
  };
  const canResume = session.isInterrupted || ['FAILED', 'CANCELED'].includes(session.status.state);
  const [isCanceling, notHome] = [whyNoCancel(session, trans), whyNoHome(notebook, trans)];
  return (
    <>
      <div className="kfnb-buttons">
        {!session.hasEnded && (
          <button
            type="button"
            className="kfnb-button"
            data-action="cancel"
            disabled={isCanceling !== null}
            title={isCanceling ?? undefined}
            onClick={() => void attempt(() => session.cancel())}
          >
            {trans.__('Cancel')}
          </button>
        )}
        {canResume && (
          <button
            type="button"
            className="kfnb-button"
            data-action="resume"
            onClick={() => void attempt(() => session.resume())}
          >
            {trans.__('Resume')}
          </button>
        )}
        {session.hasEnded && (
          <button
            type="button"
            className="kfnb-button"
            data-action="bring-home"
            disabled={notHome !== null}
            title={
              notHome ?? trans.__('Put what the cells showed in this run under the cells of the notebook')
            }
            onClick={() => void attempt(() => bringRunHome(notebook, session, api))}
          >
            {trans.__('Bring outputs home')}
          </button>
        )}
      </div>
      <Trouble text={trouble} />
      {home !== null && <HomeNote {...{ notebook, home, trans }} onUndo={() => takeBack(session)} />}
    </>
  );
}

interface HomeNoteProps {
  readonly notebook: OpenNotebook;
  readonly home: Homecoming;
  readonly trans: TranslationBundle;
  readonly onUndo: () => void;
}

/** Says what was brought home, which cells were left alone, and takes it back. */
function HomeNote({ notebook, home, trans, onUndo }: HomeNoteProps): JSX.Element {
  return (
    <div className="kfnb-note" role="status">
      {trans._n('Outputs of %1 cell are here.', 'Outputs of %1 cells are here.', home.written)}{' '}
      <button type="button" className="kfnb-link" data-action="undo-home" onClick={onUndo}>
        {trans.__('Undo')}
      </button>
      {home.edited.length > 0 && (
        <div>
          {trans.__('Left alone, as their code was edited since the run:')}{' '}
          {home.edited.map(id => (
            <button key={id} type="button" className="kfnb-link" onClick={() => void notebook.select([id])}>
              {id}
            </button>
          ))}
        </div>
      )}
      {home.gone > 0 && (
        <div>{trans._n('%1 cell is not there any more.', '%1 cells are not there any more.', home.gone)}</div>
      )}
    </div>
  );
}
