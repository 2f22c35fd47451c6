/** Commands about the task of the run that was clicked: go to its cells, look at its log, its events, its pod. */

import { cellsOf, errorOf, whyNoCells, whyNoElement, whyNoFailedCell, whyNoPod } from '../run/looked_at';
import { whyNoneClicked } from '../run/reasons';
import type { TaskTab } from '../run/session';
import { CommandIds } from './command_ids';
import { addOne, type RunCommandParts } from './run_commands';

/** Add the commands to JupyterLab. */
export function addTaskCommands(parts: RunCommandParts): void {
  const { trans, showRun } = parts;
  addOne(parts, CommandIds.showCells, {
    label: trans.__('Show the Cells of the Task'),
    caption: trans.__('Go to the cells of the notebook that the clicked task is made of'),
    why: ({ session }) => whyNoCells(session, trans),
    execute: notebook => notebook.select(cellsOf(notebook.session!, notebook.session!.log!.task)!)
  });
  addOne(parts, CommandIds.showFailedCell, {
    label: trans.__('Show the Cell That Failed'),
    caption: trans.__('Go to the cell of the notebook in which the clicked task failed'),
    why: ({ session }) => whyNoFailedCell(session, trans),
    execute: notebook => {
      const session = notebook.session!;
      return notebook.select([errorOf(session, session.log!.task)!.cell_id!]);
    }
  });
  const tabs: readonly (readonly [id: string, tab: TaskTab, label: string, caption: string])[] = [
    [
      CommandIds.showLog,
      'log',
      trans.__('Show the Log of the Task'),
      trans.__('Look at what the clicked task prints')
    ],
    [
      CommandIds.showEvents,
      'events',
      trans.__('Show the Events of the Task'),
      trans.__('Look at what happened to the clicked task')
    ],
    [
      CommandIds.showPod,
      'pod',
      trans.__('Show the Pod of the Task'),
      trans.__('Look at the pod of the clicked task as YAML')
    ]
  ];
  for (const [id, tab, label, caption] of tabs) {
    addOne(parts, id, {
      label,
      caption,
      why: ({ session }) => (tab === 'pod' ? whyNoPod : whyNoneClicked)(session, trans),
      execute: ({ session }) => {
        showRun();
        session!.tab = tab;
      }
    });
  }
  addOne(parts, CommandIds.showElement, {
    label: trans.__('Show an Element of the Fan-Out…'),
    caption: trans.__('Look at one element of the fan-out that was clicked, by its number'),
    why: ({ session }) => whyNoElement(session, trans),
    execute: async ({ session }) => {
      showRun();
      await (await import('../panel/ask_for_element')).askForElement(session!, trans);
    }
  });
}
