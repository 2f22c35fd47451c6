/** The task that was clicked: how it stands, why it failed, and what can be looked at and done. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { Api } from '../api';
import { lookOf, statusLine, nodeStatuses } from '../graph';
import { workingFor } from '../model/run_state';
import type { OpenNotebook } from '../notebook/open_notebook';
import { inputsOf, loadIntoKernel } from '../run/load_values';
import { cellsOf, errorOf, fanOutOf } from '../run/looked_at';
import type { RunSession } from '../run/session';
import { ElementField } from './element_field';
import { LoadButton } from './load_button';
import { SeriesView } from './series';
import { StepActions } from './step_actions';
import { TaskTabs } from './task_tabs';
import { useSeconds } from './watching';

/** The notebook that a run is shown beside, which has the task's cells and a kernel. */
export interface Beside {
  readonly notebook: OpenNotebook;
  readonly commands: CommandRegistry;
}

export interface TaskDetailsProps {
  readonly session: RunSession;
  readonly api: Api;
  readonly task: string;
  readonly trans: TranslationBundle;
  /** Null: the run is shown by itself. */
  readonly beside: Beside | null;
  /** Shows what a task executed; null where JupyterLab shows no notebooks. */
  readonly openExecuted: ((task: string) => void) | null;
}

export function TaskDetails(props: TaskDetailsProps): JSX.Element {
  const { session, api, task, trans, beside, openExecuted } = props;
  const working = workingFor(session.status, task);
  const current = session.status.tasks.get(working);
  const hasStarted = (current?.attempt ?? 0) > 0;
  const error = errorOf(session, task);
  const { owner, elements } = fanOutOf(session, task);
  const cells = cellsOf(session, task);
  const shown = nodeStatuses(session.status).get(task);
  const line = statusLine(shown, Date.now() / 1000);
  useSeconds(typeof shown?.started === 'number' && typeof shown.finished !== 'number');
  return (
    <section className="kfnb-task" aria-label={trans.__('Task %1', task)}>
      <div className="kfnb-task-head">
        <strong>{task}</strong>
        {line !== '' && (
          <span className="kfnb-state" style={{ borderColor: lookOf(shown).colour }}>
            {line}
          </span>
        )}
        {beside !== null && cells !== null && (
          <button
            type="button"
            className="kfnb-link"
            data-action="show-cells"
            onClick={() => void beside.notebook.select(cells)}
          >
            {trans.__('show its cells')}
          </button>
        )}
        {openExecuted !== null && hasStarted && (
          <button
            type="button"
            className="kfnb-link"
            data-action="open-executed"
            onClick={() => openExecuted(working)}
          >
            {trans.__('open its executed notebook')}
          </button>
        )}
        {beside !== null && hasStarted && (
          <LoadButton
            key={`${session.id} ${working}`}
            label={trans.__('load its inputs')}
            title={trans.__('Make what the task was given variables of the notebook’s kernel')}
            load={() =>
              loadIntoKernel(
                { notebook: beside.notebook, session, trans },
                working,
                inputsOf(session.id, working)
              )
            }
            trans={trans}
          />
        )}
      </div>
      {elements > 0 && (
        <ElementField
          key={`${session.id} ${owner}`}
          {...{ owner, task, trans }}
          total={elements}
          onOpen={element => session.follow(element)}
        />
      )}
      {beside !== null && <StepActions commands={beside.commands} step={task} beside trans={trans} />}
      {shown?.why && <p className="kfnb-hint">{shown.why}</p>}
      {error !== null && (
        <div className="kfnb-warning" role="alert">
          <p>{error.message}</p>
          {error.fix !== null && <p>{error.fix}</p>}
          {beside !== null && error.cell_id !== null && (
            <button
              type="button"
              className="kfnb-link"
              data-action="show-failed-cell"
              onClick={() => void beside.notebook.select([error.cell_id!])}
            >
              {trans.__('show the cell')}
            </button>
          )}
        </div>
      )}
      <SeriesView series={session.series} task={task} trans={trans} />
      <TaskTabs key={session.id} {...{ session, api, trans }} task={working} />
    </section>
  );
}
