/** A run that is watched: what is said when nothing is heard of it, and when it is listened to again. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ApiError } from '../src/api';
import { RunSession } from '../src/run/session';
import { silentOnes, wake } from '../src/run/watched';
import { later, serverWithRun, settled, type Server, type Stream } from './stream';

const CUT = /^The connection to the Jupyter server is gone/;
let server: Server;
let session: RunSession;

const last = (): Stream => server.streams.at(-1)!;

/** Let the time pass after which a session connects again, and the stream be refused without a word, as browsers have it. */
async function refuse(why: ApiError): Promise<void> {
  server.asked.run.mockRejectedValue(why);
  await vi.runOnlyPendingTimersAsync();
  last().close();
  await settled();
}

beforeEach(async () => {
  vi.useFakeTimers();
  server = serverWithRun();
  session = await RunSession.open(server.api, '1');
});

afterEach(() => {
  session.dispose();
  vi.useRealTimers();
});

test('What the server says before it ends the stream stands until something is heard again.', async () => {
  last().onopen!();
  last().frame({ kind: 'error', message: 'The bucket is away.' });
  last().close();
  expect(session.trouble).toBe('The bucket is away.');
  await vi.runOnlyPendingTimersAsync();
  expect(server.streams).toHaveLength(2);
  expect(session.trouble).toBe('The bucket is away.');
  last().tell();
  expect(session.trouble).toBe(null);
});

test('A connection that is cut is taken up again, also when the run had ended and goes on.', async () => {
  last().onopen!();
  last().tell({ kind: 'run-state', state: 'FAILED' });
  last().frame({ kind: 'end', state: 'FAILED' });
  last().tell({ kind: 'run-state', state: 'RUNNING' });
  last().close();
  expect(session.trouble).toMatch(CUT);
  await vi.runOnlyPendingTimersAsync();
  expect(server.streams).toHaveLength(2);
});

test('A server that cannot be reached, and one whose store is away, are asked on; the words are theirs.', async () => {
  last().onopen!();
  last().close();
  await refuse(new ApiError('The bucket is away.', 503));
  expect(session.trouble).toBe('The bucket is away.');
  await refuse(new ApiError('no route', 0));
  expect(session.trouble).toMatch(CUT);
  await vi.runOnlyPendingTimersAsync();
  expect([server.streams.length, session.isGone]).toEqual([4, false]);
});

test('A run that is gone is not asked for again, until the server lists it as living.', async () => {
  last().onopen!();
  last().close();
  await refuse(new ApiError('There is no run 1.', 404));
  await vi.runAllTimersAsync();
  expect([session.trouble, session.isGone]).toEqual(['There is no run 1.', true]);
  expect([server.streams.length, vi.getTimerCount()]).toEqual([2, 0]);
  wake(silentOnes(), ['1']);
  expect([server.streams.length, session.isGone]).toEqual([3, false]);
});

test('A run whose stream has ended is listened to again when it is listed as living; no other is.', () => {
  last().tell({ kind: 'run-state', state: 'FAILED' });
  last().frame({ kind: 'end', state: 'FAILED' });
  expect(silentOnes()).toEqual([]); // the stream stays
  last().close();
  expect(silentOnes()).toEqual([session]);
  wake(silentOnes(), ['2']);
  expect(server.streams).toHaveLength(1);
  wake(silentOnes(), ['1']);
  last().tell({ kind: 'run-resumed' }, { kind: 'run-state', state: 'RUNNING' });
  expect([server.streams.length, session.status.state]).toEqual([2, 'RUNNING']);
  expect(silentOnes()).toEqual([]);
});

test('A run that had ended and is removed is gone, as the server says before it ends the stream.', async () => {
  last().onopen!();
  last().tell({ kind: 'run-state', state: 'FAILED' });
  last().frame({ kind: 'end', state: 'FAILED' });
  last().frame({ kind: 'error', message: 'There is no run 1.' });
  last().close();
  await refuse(new ApiError('There is no run 1.', 404));
  expect([session.trouble, session.isGone]).toEqual(['There is no run 1.', true]);
});

test('The server hears whether the page is seen, without a word about the log.', async () => {
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  document.dispatchEvent(new Event('visibilitychange'));
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event('visibilitychange'));
  expect(last().asked).toEqual([{ seen: false }, { seen: true }]);
  hidden.mockReturnValue(true);
  const other = await RunSession.open(server.api, '1');
  last().onopen!();
  expect(last().asked[0]).toEqual({ seen: false });
  other.dispose();
  hidden.mockRestore();
});

test('A run that is resumed where it is shown twice is listened to in both places.', async () => {
  last().fail();
  const other = await RunSession.open(server.api, '1');
  last().fail();
  await other.resume();
  expect([session.isListening, other.isListening]).toEqual([true, true]);
  other.dispose();
});

test('A run that is let go while it is being resumed, or asked why it is refused, is not connected again.', async () => {
  const resumed = later<void>();
  server.asked.resume.mockReturnValue(resumed.promise);
  const resuming = session.resume();
  last().close();
  session.dispose();
  resumed.keep();
  await resuming;
  await vi.runAllTimersAsync();
  expect(server.streams).toHaveLength(1);
  session.listen();
  expect(server.streams).toHaveLength(1);
});
