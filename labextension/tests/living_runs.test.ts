/** The item of the status bar: it listens again to runs that were started anew elsewhere, and tells of ends. */

import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, expect, test, vi, type Mock } from 'vitest';

import { ApiError, type Api } from '../src/api';
import { ENGLISH } from '../src/model/words';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { LivingRuns, type LivingRunsParts } from '../src/run/living_runs';
import { RunSession } from '../src/run/session';
import { later, serverWithRun, settled, type Server } from './stream';

vi.hoisted(() => {
  globalThis.DragEvent ??= MouseEvent as unknown as typeof DragEvent; // Lumino's widgets name it, the simulated page has none
});

const POLL_MS = 10_000;
const person = { person: 'ada' };
let server: Server;
let listed: Mock<() => Promise<readonly string[]>>;
let version: Mock;
let session: RunSession;
let onEnd: Mock;
let shown: LivingRuns;

/** Let the server be asked for the next list. */
async function poll(): Promise<void> {
  await vi.advanceTimersByTimeAsync(POLL_MS);
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
    api: { ...server.api, livingRuns: listed, version } as unknown as Api,
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
  listed = vi.fn(() => Promise.resolve([]));
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
  await poll();
  server.streams[0]!.fail();
  listed.mockResolvedValue(['1']);
  await poll();
  expect(server.streams).toHaveLength(2);
  server.streams[1]!.tell({ kind: 'run-resumed' }, { kind: 'run-state', state: 'RUNNING' });
  expect(shown.node.textContent).toBe('▶ 1 run is going on');
  expect(shown.item.isActive!()).toBe(true);
  onEnd.mockClear();
  const run = { run_id: '1', ended: true, interrupted: false, started_by: null };
  server.asked.run.mockResolvedValue(run);
  server.streams[1]!.fail();
  await settled();
  expect(onEnd.mock.calls).toEqual([[run]]);
  expect(shown.item.isActive!()).toBe(false);
});

test('A list that was asked for before the end says nothing about what came after it.', async () => {
  const list = later<readonly string[]>();
  listed.mockReturnValue(list.promise);
  shown = show(session);
  await poll();
  server.streams[0]!.fail();
  list.keep(['1']);
  await settled();
  expect(server.streams).toHaveLength(1);
});

test('A run that is gone does not count.', async () => {
  shown = show(session);
  await poll();
  expect(shown.item.isActive!()).toBe(true);
  server.asked.run.mockRejectedValue(new ApiError('There is no run 1.', 404));
  server.streams[0]!.close();
  await settled();
  expect(shown.item.isActive!()).toBe(false);
});

test('Who works here is asked again where the server did not say.', async () => {
  const run = { run_id: '2', ended: true, interrupted: false, started_by: 'ada' };
  server.asked.run.mockResolvedValue(run);
  version.mockRejectedValueOnce(new ApiError('away', 0));
  listed.mockResolvedValueOnce(['2']);
  shown = show();
  await poll();
  await poll();
  expect(onEnd).not.toHaveBeenCalled();
  await poll();
  expect([version.mock.calls.length, onEnd.mock.calls]).toEqual([2, [[run]]]);
});
