/// <reference types="vite/client" />
/** A run's status from its events: the same as Python's, on the files that pytest checks too. */

import { describe, expect, test } from 'vitest';
import { nodeStatuses, statusLine, type NodeStatus } from '../src/graph';
import {
  elementCounts,
  metricsOf,
  ownerOf,
  pending,
  reduce,
  type RunEvent,
  type RunStatus,
  type State
} from '../src/model/run_state';

interface Case {
  spec: { tasks: { name: string }[] };
  events: RunEvent[];
  status: {
    document: { state: string; why: string | null; metrics: unknown; tasks: Record<string, DocumentTask> };
    started: number;
    finished: number;
    host: string;
    tasks: Record<string, Record<string, unknown>>;
  };
}
interface DocumentTask {
  state: string;
  cached: boolean;
  why: string | null;
}

const FILES = import.meta.glob<Case>('../../tests/cases/run_events/*.json', {
  eager: true,
  import: 'default'
});
const CASES = Object.entries(FILES).map(([path, content]) => [path.split('/').pop()!, content] as const);

function statusOf(content: Case): RunStatus {
  return reduce(pending(content.spec.tasks.map(task => task.name)), content.events);
}

test('there are cases', () => {
  expect(CASES.length).toBeGreaterThan(0);
});

describe.each(CASES)('the events of %s', (_name, content) => {
  const { status } = content;

  test('give the run that Python sees', () => {
    const { state, why, started, finished, host } = statusOf(content);
    const { document } = status;
    expect({ state, why, started, finished, host }).toEqual({
      state: document.state,
      why: document.why,
      started: status.started,
      finished: status.finished,
      host: status.host
    });
  });

  test('give each task that Python sees, in the same order', () => {
    const tasks = [...statusOf(content).tasks.values()];
    expect(tasks.map(task => task.name)).toEqual(Object.keys(status.tasks));
    for (const task of tasks) {
      const { name, state, cached, why } = task;
      const { state: itsState, cached: itsCached, why: itsWhy } = status.document.tasks[name]!;
      expect({ name, state, cached, why }).toEqual({ name, state: itsState, cached: itsCached, why: itsWhy });
      expect(task).toMatchObject(status.tasks[name]!);
    }
  });

  test('give the metrics that Python sees', () => {
    expect(metricsOf(statusOf(content))).toEqual(status.document.metrics);
  });

  test('give the same one by one as all at once', () => {
    const begin = pending(content.spec.tasks.map(task => task.name));
    expect(content.events.reduce((before, event) => reduce(before, [event]), begin)).toEqual(
      statusOf(content)
    );
  });
});

test('what did not change stays the same object', () => {
  const before = reduce(pending(['a', 'b']), [{ kind: 'task-state', time: 1, task: 'a', state: 'RUNNING' }]);
  const after = reduce(before, [{ kind: 'task-state', time: 2, task: 'b', state: 'RUNNING' }]);
  expect(after.tasks.get('a')).toBe(before.tasks.get('a'));
  expect(before.tasks.get('b')!.state).toBe('PENDING');
});

test('events of tasks that the pipeline does not have are left out', () => {
  const status = reduce(pending(['a']), [{ kind: 'task-state', time: 1, task: 'zz', state: 'FAILED' }]);
  expect([...status.tasks.keys()]).toEqual(['a']);
});

test('elements of a fan-out are counted for it', () => {
  const status = reduce(pending(['fit']), [
    { kind: 'task-expanded', time: 1, task: 'fit', data: { count: 3 } },
    { kind: 'task-state', time: 2, task: 'fit[0]', state: 'SUCCEEDED' },
    { kind: 'task-state', time: 3, task: 'fit[1]', state: 'FAILED' }
  ]);
  expect(elementCounts(status).get('fit')).toEqual({ total: 3, done: 1, failed: 1, running: 0 });
  expect(nodeStatuses(status).get('fit')?.elements).toEqual({ total: 3, done: 1, failed: 1, running: 0 });
});

test('an element names its fan-out', () => {
  expect(['fit[12]', 'fit', 'a[b][0]', '[1]'].map(ownerOf)).toEqual(['fit', 'fit', 'a[b]', '[1]']);
});

test('what was learned of a notebook is kept with its task until that starts again', () => {
  const data = { cell: 'c1', fact: 'changes:df' };
  const failed = reduce(pending(['a']), [{ kind: 'task-state', time: 1, task: 'a', state: 'FAILED', data }]);
  expect(failed.tasks.get('a')!.fact).toEqual(['c1', 'changes:df']);
  const again = reduce(failed, [{ kind: 'task-state', time: 2, task: 'a', state: 'PENDING' }]);
  expect(again.tasks.get('a')!.fact).toBe(null);
});

test('in an interrupted run nothing is shown to go on, a fan-out neither; all else stands as it does', () => {
  const state = (task: string, state: State): RunEvent => ({ kind: 'task-state', time: 1, task, state });
  const status = reduce(pending(['a', 'b', 'c', 'fit[items]', 'fit']), [
    state('a', 'SUCCEEDED'),
    state('b', 'CANCELING'),
    state('fit[items]', 'RUNNING')
  ]);
  const shown = nodeStatuses({ ...status, interrupted: true });
  const states = ['a', 'b', 'c', 'fit'].map(name => shown.get(name)!.state);
  expect(states).toEqual(['SUCCEEDED', 'INTERRUPTED', 'PENDING', 'INTERRUPTED']);
  expect(statusLine(shown.get('fit'), 99)).toBe('⏸ interrupted');
});

describe('a fan-out is shown as one step', () => {
  const begin = pending(['fit[items]', 'fit']);
  const state = (task: string, time: number, state: State): RunEvent => ({
    kind: 'task-state',
    time,
    task,
    state
  });
  const expanded: RunEvent = { kind: 'task-expanded', time: 3, task: 'fit', data: { count: 2 } };
  const shown = (events: RunEvent[]) => nodeStatuses(reduce(begin, events)).get('fit')!;

  test('that runs from the first moment of what makes its items to its end', () => {
    const events = [state('fit[items]', 1, 'RUNNING'), state('fit[items]', 2, 'SUCCEEDED'), expanded];
    const more = [state('fit[0]', 4, 'RUNNING'), state('fit', 9, 'RUNNING'), state('fit', 10, 'SUCCEEDED')];
    const brief = ({ state, started, finished }: NodeStatus) => [state, started, finished];
    expect(brief(shown(events.slice(0, 1)))).toEqual(['RUNNING', 1, null]);
    expect(brief(shown([...events, more[0]!]))).toEqual(['RUNNING', 1, null]);
    expect(brief(shown([...events, ...more]))).toEqual(['SUCCEEDED', 1, 10]);
  });

  test('that has failed where its items could not be made', () => {
    const failed = { ...state('fit[items]', 2, 'FAILED'), why: 'NameError' };
    const after = shown([state('fit[items]', 1, 'RUNNING'), failed, state('fit', 2, 'SKIPPED')]);
    expect([after.state, after.why]).toEqual(['FAILED', 'NameError']);
  });
});
