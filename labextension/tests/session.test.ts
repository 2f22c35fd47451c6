/** A run that is watched: which tasks it has, and whose log a step's is. */

import { beforeEach, expect, test } from 'vitest';

import type { Api } from '../src/api';
import { nodeStatuses } from '../src/graph';
import { workingFor } from '../src/model/run_state';
import { RunSession } from '../src/run/session';
import { Stream } from './stream';

const NAMES = ['load', 'train [v2]', 'fit[items]', 'fit'];
let stream: Stream;
let session: RunSession;

function textOf({ log }: RunSession): string {
  return log!.text.pieces.map(({ text }) => text).join('');
}

async function open(tasks: Record<string, object>): Promise<RunSession> {
  stream = new Stream();
  const document = { run_id: '1', tasks, interrupted: false, waits: null, unseen: null };
  const api = {
    run: () => Promise.resolve(document),
    stream: () => stream,
    log: (_run: string, task: string, before?: number) =>
      Promise.resolve(
        before === undefined ? { text: `all of ${task}`, start: 9 } : { text: 'earlier, ', start: 0 }
      )
  };
  return RunSession.open(api as unknown as Api, '1');
}

beforeEach(async () => {
  session = await open(Object.fromEntries(NAMES.map(name => [name, { elements: null }])));
});

test('It has what makes the items of a fan-out, and steps with brackets in their names.', () => {
  expect([...session.status.tasks.keys()]).toEqual(NAMES);
});

test('A run that has got further has no element of a fan-out before the events tell of it.', async () => {
  const further = await open({
    fit: { elements: 1 },
    'fit[0]': { elements: null },
    'a[3]': { elements: null }
  });
  expect([...further.status.tasks.keys()]).toEqual(['fit', 'a[3]']);
});

test('A fan-out is running while its items are being made, and while elements run.', () => {
  const fit = (): string => nodeStatuses(session.status).get('fit')!.state;
  stream.tell({ kind: 'task-state', task: 'fit[items]', state: 'RUNNING', attempt: 1 });
  expect(fit()).toBe('RUNNING');
  stream.tell(
    { kind: 'task-state', task: 'fit[items]', state: 'SUCCEEDED' },
    { kind: 'task-expanded', task: 'fit', data: { count: 2 } },
    { kind: 'task-state', task: 'fit[0]', state: 'RUNNING', attempt: 1 }
  );
  expect(fit()).toBe('RUNNING');
});

test('The log of a fan-out is that of what makes its items, until these are known.', () => {
  session.follow('fit');
  stream.frame({ kind: 'log', task: 'fit[items]', attempt: 1, text: 'making', start: 0, offset: 6 });
  expect([session.log!.source, textOf(session)]).toEqual(['fit[items]', 'making']);
  stream.tell(
    { kind: 'task-state', task: 'fit[items]', state: 'SUCCEEDED' },
    { kind: 'task-expanded', task: 'fit', data: { count: 2 } }
  );
  expect([session.log!.source, textOf(session)]).toEqual(['fit', '']);
  expect(stream.asked).toEqual([
    { follow: 'fit[items]', offset: -(1 << 20) },
    { follow: 'fit', offset: -(1 << 20) }
  ]);
});

test('Where no items could be made, that task’s log, error and pod are the step’s, also after the end.', async () => {
  stream.tell(
    { kind: 'task-state', task: 'fit[items]', state: 'FAILED', attempt: 1 },
    { kind: 'task-state', task: 'fit', state: 'CANCELED' },
    { kind: 'run-state', state: 'FAILED' }
  );
  session.follow('fit');
  await Promise.resolve();
  expect(textOf(session)).toBe('all of fit[items]');
  await session.loadEarlier();
  expect([textOf(session), session.log!.text.start]).toEqual(['earlier, all of fit[items]', 0]);
  expect(workingFor(session.status, 'fit')).toBe('fit[items]');
  expect(workingFor(session.status, 'train [v2]')).toBe('train [v2]');
});

test('While nothing drives it none of its steps runs, and no time passes.', () => {
  const load = (): unknown => {
    const { state, started } = nodeStatuses(session.status).get('load')!;
    return [session.isInterrupted, state, started];
  };
  stream.tell({ kind: 'task-state', task: 'load', state: 'RUNNING', attempt: 1 });
  stream.frame({ kind: 'interrupted', interrupted: true });
  expect(load()).toEqual([true, 'INTERRUPTED', null]);
  stream.frame({ kind: 'interrupted', interrupted: false });
  expect(load()).toEqual([false, 'RUNNING', 0]);
});

test('It is said as long as the run’s cluster cannot be asked, and not of a run that has ended.', () => {
  expect(session.unseen).toBe(null);
  stream.frame({ kind: 'unseen', why: 'no answer' });
  expect(session.unseen).toBe('no answer');
  stream.frame({ kind: 'unseen', why: null });
  expect(session.unseen).toBe(null);
  stream.frame({ kind: 'unseen', why: 'no answer' });
  stream.fail();
  expect(session.unseen).toBe(null);
});
