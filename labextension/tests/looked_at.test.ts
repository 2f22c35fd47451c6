/** What there is to see of the task of a run that was clicked, and why not. */

import { InputDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { expect, test, vi } from 'vitest';

import { pending, reduce, type RunEvent } from '../src/model/run_state';
import { ENGLISH } from '../src/model/words';
import { askForElement } from '../src/panel/ask_for_element';
import { cellsOf, errorOf, whyNoCells, whyNoElement, whyNoFailedCell, whyNoPod } from '../src/run/looked_at';
import type { RunSession } from '../src/run/session';

vi.mock('@jupyterlab/apputils', () => ({ InputDialog: { getText: vi.fn() } })); // each test answers

const trans = ENGLISH as TranslationBundle;
const REASONS = [whyNoCells, whyNoFailedCell, whyNoPod, whyNoElement];
const STEPS = [
  { name: 'load', cells: ['a'] },
  { name: 'fit', cells: ['b', 'c'] }
];
const error = { message: 'no rows', code: 'KF600', cell_id: 'a', fix: null, traceback: '' };
const output = { state: 'FAILED', metrics: {}, error, warnings: [], artifacts: [] } as const;
const EVENTS: readonly RunEvent[] = [
  { time: 1, kind: 'task-output', task: 'load', output },
  { time: 2, kind: 'task-expanded', task: 'fit', data: { count: 3 } }
];

/** A run of load, which failed, and of fit with three elements; `task` was clicked. */
function run(task: string | null, cluster: string | null = null) {
  const follow = vi.fn();
  const shown = {
    status: reduce(pending(['load', 'fit']), EVENTS),
    document: { steps: STEPS, cluster },
    log: task === null ? null : { task, source: task },
    follow
  };
  return { session: shown as unknown as RunSession, follow };
}

const whys = (session: RunSession | null): (string | null)[] => REASONS.map(why => why(session, trans));

test('Without a run, or a task that was clicked, there is nothing to see.', () => {
  expect(whys(null)).toEqual(REASONS.map(() => 'No run of this notebook is shown.'));
  expect(whys(run(null).session)).toEqual(REASONS.map(() => 'Click a step of the run first.'));
});

test('A task has cells, those of a run on a cluster have pods, and one that failed has the cell where it did.', () => {
  const { session } = run('load', 'far');
  expect(whys(session)).toEqual([null, null, null, expect.stringContaining('no fan-out')]);
  expect([cellsOf(session, 'load'), errorOf(session, 'load')]).toEqual([['a'], error]);
});

test('An element has the cells of its fan-out, of which others can be shown.', () => {
  const { session } = run('fit[1]');
  const [noFailure, noPod] = ['The task that was clicked has failed in no cell.', 'Only the tasks of'];
  expect(whys(session)).toEqual([null, noFailure, expect.stringContaining(noPod), null]);
  expect(cellsOf(session, 'fit[1]')).toEqual(['b', 'c']);
  expect(whyNoCells(run('gone').session, trans)).toBe('The run does not know its cells.');
});

test('The element is shown whose number is typed, and none that there is not.', async () => {
  const { session, follow } = run('fit');
  const type = (value: string, accept = true): void => {
    vi.mocked(InputDialog.getText).mockResolvedValue({
      button: { accept },
      value
    } as Awaited<ReturnType<typeof InputDialog.getText>>);
  };
  type('2');
  await askForElement(session, trans);
  expect(follow.mock.calls).toEqual([['fit[2]']]);
  type('3');
  await expect(askForElement(session, trans)).rejects.toThrow('A whole number from 0 to 2');
  type('1', false);
  await askForElement(session, trans);
  expect(follow).toHaveBeenCalledTimes(1);
});
