/** One run of the list, as it goes: its graph, what there is to see of a clicked step, metrics and artifacts. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import { PipelineGraph } from '../panel/pipeline_graph';
import { ArtifactsView, MetricsView } from '../panel/results';
import { RunControls, RunHead, useAttempt } from '../panel/run_head';
import { SeriesView } from '../panel/series';
import { TaskDetails } from '../panel/task_details';
import { Trouble } from '../panel/trouble';
import { useSignal } from '../panel/watching';
import type { Rendering } from '../run/executed_notebook';
import { RunSession } from '../run/session';

/** What a run is shown with. */
export interface Shown {
  readonly api: Api;
  /** Null where JupyterLab shows no notebooks. */
  readonly rendering: Rendering | null;
  readonly openExecuted: ((run: string, task: string) => void) | null;
}

export function RunDetails(props: {
  id: string;
  shown: Shown;
  trans: TranslationBundle;
  /** Hear of the run when it has been read, and when it is let go. */
  onSession: (session: RunSession | null) => void;
}): JSX.Element {
  const { id, shown, trans, onSession } = props;
  const { api } = shown;
  const [session, setSession] = React.useState<RunSession | null>(null);
  const [trouble, setTrouble] = React.useState<string | null>(null);
  React.useEffect(() => {
    let opened: RunSession | null = null;
    let isGone = false;
    setSession(null);
    setTrouble(null);
    RunSession.open(api, id).then(
      found => {
        opened = found;
        if (isGone) {
          found.dispose();
        } else {
          setSession(found);
          onSession(found);
        }
      },
      (error: Error) => setTrouble(error.message)
    );
    return () => {
      isGone = true;
      opened?.dispose();
      onSession(null);
    };
  }, [id, api]);
  useSignal(session?.changed);
  if (trouble !== null) {
    return <Trouble text={trouble} />;
  }
  if (session === null) {
    return <p className="kfnb-quiet">{trans.__('The run is being read …')}</p>;
  }
  return <SessionView {...{ session, trans, shown }} />;
}

interface SessionProps {
  readonly session: RunSession;
  readonly trans: TranslationBundle;
  readonly shown: Shown;
}

function SessionView({ session, trans, shown }: SessionProps): JSX.Element {
  const { api, rendering, openExecuted } = shown;
  const { attempt, trouble } = useAttempt();
  const { document, status } = session;
  const task = session.log?.task ?? null;
  return (
    <section
      className="kfnb-run-details"
      data-run={session.id}
      data-state={status.state}
      aria-label={trans.__('Run %1', session.id)}
    >
      <RunHead {...{ session, trans }} />
      <div className="kfnb-buttons">
        <RunControls {...{ session, attempt, trans }} />
      </div>
      <Trouble text={trouble} />
      <PipelineGraph
        name={document.name}
        steps={document.steps}
        edges={document.edges}
        status={status}
        selected={task}
        emptyText={trans.__('This run has no steps.')}
        onChoose={name => session.follow(name)}
      />
      {task === null ? (
        <p className="kfnb-hint">{trans.__('Click a step to see its log.')}</p>
      ) : (
        <TaskDetails
          {...{ session, api, task, trans }}
          beside={null}
          openExecuted={openExecuted && (name => openExecuted(session.id, name))}
        />
      )}
      <MetricsView metrics={session.metrics} trans={trans} />
      {task === null && <SeriesView series={session.series} trans={trans} />}
      <ArtifactsView
        run={session.id}
        artifacts={session.artifacts}
        rendermime={rendering?.rendermime ?? null}
        {...{ api, trans }}
      />
    </section>
  );
}
