/** A run as it goes: its graph, the task that was clicked, metrics, artifacts, and what can be done with it. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { Api } from '../api';
import type { OpenNotebook } from '../notebook/open_notebook';
import { bringRunHome } from '../run/bring_home';
import { artifactOf, loadIntoKernel } from '../run/load_values';
import { CommandIds } from '../plugins/command_ids';
import { whyNoHome } from '../run/reasons';
import type { RunSession } from '../run/session';
import { HomeNote } from './home_note';
import { PipelineGraph } from './pipeline_graph';
import { ReasonedButton } from './reasoned_button';
import { ArtifactsView, MetricsView } from './results';
import { RunControls, RunHead, useAttempt } from './run_head';
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
        onChoose={name => session.follow(name)}
      />
      {task === null ? (
        <p className="kfnb-hint">{trans.__('Click a step to see its log.')}</p>
      ) : (
        <TaskDetails
          {...{ session, api, task, trans }}
          beside={{ notebook, commands }}
          openExecuted={() => void commands.execute(CommandIds.openExecuted)}
        />
      )}
      <MetricsView metrics={session.metrics} trans={trans} />
      {task === null && <SeriesView series={session.series} trans={trans} />}
      <ArtifactsView
        run={session.id}
        artifacts={session.artifacts}
        rendermime={notebook.panel.content.rendermime}
        {...{ api, trans }}
        load={({ task, name }) =>
          loadIntoKernel({ notebook, session, trans }, task, artifactOf(session.id, task, name))
        }
      />
    </div>
  );
}

function RunButtons({ notebook, session, api, trans }: RunViewProps): JSX.Element {
  const { attempt, trouble } = useAttempt();
  const notHome = whyNoHome(notebook, trans);
  return (
    <>
      <div className="kfnb-buttons">
        <RunControls {...{ session, attempt, trans }} />
        {(session.hasEnded || session.isInterrupted) && (
          <ReasonedButton
            data-action="bring-home"
            why={notHome}
            title={trans.__('Put what the cells showed in this run under the cells of the notebook')}
            onClick={() => void attempt(() => bringRunHome(notebook, session.id, api))}
          >
            {trans.__('Bring outputs home')}
          </ReasonedButton>
        )}
      </div>
      <Trouble text={trouble} />
      <HomeNote {...{ notebook, trans }} shown={session.id} />
    </>
  );
}
