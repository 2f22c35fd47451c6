/** The item of the status bar: it listens again to runs that were started anew elsewhere, and tells of ends. */

import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, expect, test, vi, type Mock } from 'vitest';

import { ApiError, type Api } from '../src/api';
import type { RunsFrame } from '../src/model/documents';
import { ENGLISH } from '../src/model/words';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { LivingRuns, type LivingRunsParts } from '../src/run/living_runs';
import { RunSession } from '../src/run/session';
import { serverWithRun, settled, type Server } from './stream';

vi.hoisted(() => {
  globalThis.DragEvent ??= MouseEvent as unknown as typeof DragEvent; // Lumino's widgets name it, the simulated page has none
});

const AGAIN_MS = 10_000;
const person = { person: 'ada' };
let server: Server;
let changes: { readonly changed: Signal<object, RunsFrame> };
let version: Mock;
let session: RunSession;
let onEnd: Mock;
let shown: LivingRuns;

/** Let the server tell which runs go on, and which have ended. */
async function tell(living: readonly string[], ended: readonly string[] = []): Promise<void> {
  changes.changed.emit({ kind: 'runs', number: 1, living, ended });
  await settled();
}

/** Show how many runs are living where one notebook is open that shows a run, or none is. */
function show(...sessions: readonly RunSession[]): LivingRuns {
  const source = {};
  const notebooks = sessions.map(one => {
    const notebook = { session: one, changed: new Signal<object, void>(source) };
    one.changed.connect(() => notebook.changed.emit());
    return notebook as unknown as OpenNotebook;
  });
  const parts = {
    notebooks: Object.assign(notebooks, { added: new Signal(source), currentChanged: new Signal(source) }),
    api: { ...server.api, version } as unknown as Api,
    changes,
    trans: ENGLISH,
    onChoose: vi.fn(),
    onEnd
  };
  return new LivingRuns(parts as unknown as LivingRunsParts);
}

beforeEach(async () => {
  vi.useFakeTimers();
  server = serverWithRun();
  session = await RunSession.open(server.api, '1');
  changes = { changed: new Signal<object, RunsFrame>({}) };
  version = vi.fn(() => Promise.resolve(person));
  onEnd = vi.fn();
});

afterEach(() => {
  shown.dispose();
  session.dispose();
  vi.useRealTimers();
});

test('A failed run that is resumed elsewhere is heard of again, counted, and its end is told.', async () => {
  shown = show(session);
  server.streams[0]!.fail();
  await tell(['1']);
  expect(server.streams).toHaveLength(2);
  server.streams[1]!.tell({ kind: 'run-resumed' }, { kind: 'run-state', state: 'RUNNING' });
  expect(shown.node.textContent).toBe('▶ 1 run is going on');
  expect(shown.item.isActive!()).toBe(true);
  onEnd.mockClear();
  const run = { run_id: '1', ended: true, interrupted: false, started_by: null, finished: 'now' };
  server.asked.run.mockResolvedValue(run);
  server.streams[1]!.fail();
  await settled();
  expect(onEnd.mock.calls).toEqual([[run]]);
  expect(shown.item.isActive!()).toBe(false);
});

test('A run that began and ended between two times that the server tells is told of, and heard of again.', async () => {
  shown = show(session);
  server.streams[0]!.fail();
  await settled();
  onEnd.mockClear();
  const run = { run_id: '1', ended: true, interrupted: false, started_by: null, finished: 'now' };
  server.asked.run.mockResolvedValue(run);
  await tell([], ['1']);
  expect(server.streams).toHaveLength(2);
  expect(onEnd.mock.calls).toEqual([[run]]);
});

test('An end is told once, though a notebook sees it and the server tells it, and again when there is another.', async () => {
  const run = { run_id: '1', ended: true, interrupted: false, started_by: null, finished: 'then' };
  server.asked.run.mockResolvedValue(run);
  shown = show(session);
  server.streams[0]!.tell({ kind: 'run-state', state: 'RUNNING' });
  server.streams[0]!.tell({ kind: 'run-state', state: 'FAILED' });
  await tell([], ['1']);
  expect(onEnd.mock.calls).toEqual([[run]]);
  const again = { ...run, finished: 'now' };
  server.asked.run.mockResolvedValue(again);
  await tell([], ['1']);
  expect(onEnd.mock.calls).toEqual([[run], [again]]);
});

test('A run that is gone does not count.', async () => {
  shown = show(session);
  await tell([]);
  expect(shown.item.isActive!()).toBe(true);
  server.asked.run.mockRejectedValue(new ApiError('There is no run 1.', 404));
  server.streams[0]!.close();
  await settled();
  expect(shown.item.isActive!()).toBe(false);
});

test('Who works here is asked again where the server did not say.', async () => {
  const run = { run_id: '2', ended: true, interrupted: false, started_by: 'ada', finished: 'now' };
  server.asked.run.mockResolvedValue(run);
  version.mockRejectedValueOnce(new ApiError('away', 0));
  shown = show();
  await tell(['2']);
  await tell([]);
  expect(onEnd).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(AGAIN_MS);
  expect([version.mock.calls.length, onEnd.mock.calls]).toEqual([2, [[run]]]);
});
