/** The task of a run that was clicked: what there is to see of it, for commands as for the buttons beside it. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { GivenInShort } from '../model/openapi';
import { workingFor } from '../model/run_state';
import { whyNoneClicked } from './reasons';
import type { RunSession } from './session';

/** The step that a task is of, or is an element of, and how many elements that has; 0: it is no fan-out. */
export function fanOutOf({ status }: RunSession, task: string): { owner: string; elements: number } {
  const owner = status.tasks.get(task)?.owner ?? task;
  return { owner, elements: status.tasks.get(owner)?.elements ?? 0 };
}

/** The cells of the step that a task is of; null: the run knows none. */
export function cellsOf(session: RunSession, task: string): readonly string[] | null {
  const { owner } = fanOutOf(session, task);
  return session.document.steps.find(({ name }) => name === owner)?.cells ?? null;
}

/** Why a task failed; null: it did not. */
export function errorOf({ status }: RunSession, task: string): GivenInShort['error'] {
  return status.tasks.get(workingFor(status, task))?.output?.error ?? null;
}

/** Why the cells of the clicked task cannot be shown. */
export function whyNoCells(session: RunSession | null, trans: TranslationBundle): string | null {
  const isThere = (): boolean => cellsOf(session!, session!.log!.task) !== null;
  return whyNoneClicked(session, trans) ?? (isThere() ? null : trans.__('The run does not know its cells.'));
}

/** Why there is no cell to show in which the clicked task failed. */
export function whyNoFailedCell(session: RunSession | null, trans: TranslationBundle): string | null {
  const isThere = (): boolean => (errorOf(session!, session!.log!.task)?.cell_id ?? null) !== null;
  return (
    whyNoneClicked(session, trans) ??
    (isThere() ? null : trans.__('The task that was clicked has failed in no cell.'))
  );
}

/** Why there is no pod of the clicked task to see. */
export function whyNoPod(session: RunSession | null, trans: TranslationBundle): string | null {
  const isLocal = (): boolean => session!.document.cluster === null;
  return (
    whyNoneClicked(session, trans) ??
    (isLocal() ? trans.__('Only the tasks of a run on a cluster have pods.') : null)
  );
}

/** Why there is no element of the clicked task to show. */
export function whyNoElement(session: RunSession | null, trans: TranslationBundle): string | null {
  const isFan = (): boolean => fanOutOf(session!, session!.log!.task).elements > 0;
  return (
    whyNoneClicked(session, trans) ??
    (isFan() ? null : trans.__('The task that was clicked is no fan-out, nor an element of one.'))
  );
}
