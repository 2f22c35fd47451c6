/** What the server tells of lists of runs: heard while the page is seen, and taken up again after a gap. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import { RunChanges } from '../src/run/run_changes';
import { Stream } from './stream';

let streams: Stream[];
let afters: (number | null)[];
let changes: RunChanges;
let heard: unknown[];

const api = {
  changes: (after: number | null) => {
    afters.push(after);
    streams.push(new Stream());
    return streams.at(-1);
  }
} as unknown as Api;

/** Let the page be hidden or seen. */
function hide(isHidden: boolean): void {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(isHidden);
  document.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(() => {
  vi.useFakeTimers();
  [streams, afters, heard] = [[], [], []];
  changes = new RunChanges(api);
  changes.changed.connect((_, { living, ended }) => heard.push([living, ended]));
  changes.start();
});

afterEach(() => {
  changes.dispose();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('What is told is passed on.', () => {
  streams[0]!.frame({ kind: 'runs', number: 3, living: ['a'], ended: ['b'] });
  expect([afters, heard]).toEqual([[null], [[['a'], ['b']]]]);
});

test('A page that is hidden does not listen; one that is seen again asks for what came meanwhile.', () => {
  streams[0]!.frame({ kind: 'runs', number: 3, living: [], ended: [] });
  hide(true);
  expect(streams.map(({ readyState }) => readyState)).toEqual([WebSocket.CLOSED]);
  hide(false);
  expect(afters).toEqual([null, 3]);
});

/** The newest connection is cut, and another made after just so many milliseconds. */
async function cutAndMadeAgainAfter(pause: number): Promise<void> {
  streams.at(-1)!.close();
  const before = streams.length;
  await vi.advanceTimersByTimeAsync(pause - 1);
  expect(streams).toHaveLength(before);
  await vi.advanceTimersByTimeAsync(1);
  expect(streams).toHaveLength(before + 1);
}

test('A connection that is cut is made again, later and later while nothing is heard.', async () => {
  for (const pause of [1000, 2000, 4000]) {
    await cutAndMadeAgainAfter(pause);
  }
  streams.at(-1)!.frame({ kind: 'runs', number: 1, living: [], ended: [] });
  streams.at(-1)!.close();
  await vi.advanceTimersByTimeAsync(1000);
  expect(afters.at(-1)).toBe(1);
});

test('A server that was heard is looked for every few seconds, however long it is away, and each time it is told.', async () => {
  const lost = vi.fn();
  changes.lost.connect(lost);
  streams[0]!.close();
  await vi.advanceTimersByTimeAsync(1000);
  expect(lost).not.toHaveBeenCalled(); // nothing was ever heard
  streams[1]!.frame({ kind: 'runs', number: 1, living: [], ended: [] });
  for (const pause of [1000, 2000, 4000, 5000, 5000, 5000]) {
    await cutAndMadeAgainAfter(pause);
  }
  expect(lost).toHaveBeenCalledTimes(6);
  hide(true);
  expect(lost).toHaveBeenCalledTimes(6);
});

test('Where nothing was ever heard the pauses grow to minutes.', async () => {
  for (let attempt = 0; attempt < 9; attempt++) {
    streams.at(-1)!.close();
    await vi.advanceTimersByTimeAsync(1000 * 2 ** attempt);
  }
  expect(streams).toHaveLength(10);
  streams.at(-1)!.close();
  await vi.advanceTimersByTimeAsync(299_999);
  expect(streams).toHaveLength(10);
  await vi.advanceTimersByTimeAsync(1);
  expect(streams).toHaveLength(11);
});

test('Nothing is asked any more of one that is let go.', async () => {
  streams[0]!.close();
  changes.dispose();
  await vi.runAllTimersAsync();
  expect(streams).toHaveLength(1);
});
