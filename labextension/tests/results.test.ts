/** What a run has given: asked for once at a time, so that what is shown is the newest. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ApiError } from '../src/api';
import { RunSession } from '../src/run/session';
import { later, serverWithRun, settled, type Server } from './stream';

const OUTPUT = { kind: 'task-output', task: 'a' } as const;
const of = (value: number): object => ({ a: { loss: { value } } });
let server: Server;
let session: RunSession;

beforeEach(async () => {
  vi.useFakeTimers();
  server = serverWithRun();
  session = await RunSession.open(server.api, '1');
  server.asked.run.mockClear();
});

afterEach(() => {
  session.dispose();
  vi.useRealTimers();
});

test('An answer from before the end does not stand over that from after it, whichever comes first.', async () => {
  const [before, after] = [later<object>(), later<object>()];
  server.asked.metrics.mockReturnValueOnce(before.promise).mockReturnValueOnce(after.promise);
  const [stream] = server.streams;
  stream!.tell(OUTPUT);
  stream!.frame({ kind: 'end', state: 'SUCCEEDED' });
  after.keep(of(2));
  await settled();
  before.keep(of(1));
  await settled();
  expect(session.metrics).toEqual(of(2));
});

test('However many events ask for results, the server is asked once, and once more when it has answered.', async () => {
  const first = later<object>();
  server.asked.metrics.mockReturnValueOnce(first.promise);
  const progress = { kind: 'task-progress', task: 'a', data: { points: 1 } } as const;
  for (let frame = 0; frame < 10; frame++) {
    server.streams[0]!.tell(OUTPUT);
    server.streams[0]!.tell(progress);
  }
  await settled();
  expect([server.asked.run.mock.calls.length, server.asked.series.mock.calls.length]).toEqual([1, 1]);
  first.keep({});
  await settled();
  expect([server.asked.run.mock.calls.length, server.asked.series.mock.calls.length]).toEqual([2, 2]);
  server.streams[0]!.tell(progress);
  await settled();
  expect([server.asked.run.mock.calls.length, server.asked.series.mock.calls.length]).toEqual([2, 3]);
});

test('Results that could not be had are asked for again, and what was wrong is said until then.', async () => {
  server.asked.artifacts.mockRejectedValueOnce(new ApiError('The bucket is away.', 503));
  server.asked.metrics.mockResolvedValue(of(1));
  server.streams[0]!.fail();
  await settled();
  expect([session.trouble, session.metrics]).toEqual(['The bucket is away.', {}]);
  await vi.runOnlyPendingTimersAsync();
  expect([session.trouble, session.metrics]).toEqual([null, of(1)]);
});

test('Those of a run that is gone, or let go, are not.', async () => {
  server.asked.run.mockRejectedValue(new ApiError('There is no run 1.', 404));
  server.streams[0]!.tell(OUTPUT);
  await settled();
  expect([session.trouble, vi.getTimerCount()]).toEqual(['There is no run 1.', 0]);
  server.asked.run.mockRejectedValue(new ApiError('away', 0));
  server.streams[0]!.tell(OUTPUT);
  session.dispose();
  await settled();
  expect(vi.getTimerCount()).toBe(0);
});
