/** A log as it is held: what is new changes little of it, and of a long one only the end is there. */

import { expect, test } from 'vitest';

import { appended, NO_LOG, prepended, type LogText } from '../src/model/log_pieces';

const textOf = ({ pieces }: LogText): string => pieces.map(({ text }) => text).join('');
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('');

test('What comes bit by bit is the same as at once, and only the last piece is another one.', () => {
  const before = appended(NO_LOG, lines(0, 20_000));
  const after = appended(appended(before, 'line 20'), '000\n');
  expect(textOf(after)).toBe(lines(0, 20_001));
  expect(after.pieces.slice(0, -1)).toEqual(before.pieces.slice(0, -1));
  expect(before.pieces.length).toBeGreaterThan(5);
  expect(before.pieces.every(({ text }) => text.endsWith('\n'))).toBe(true);
});

test('A line is in one piece, however long it is.', () => {
  const long = `${'x'.repeat(200_000)}\n`;
  const log = appended(appended(NO_LOG, long.slice(0, 150_000)), `${long.slice(150_000)}after\n`);
  expect(log.pieces.map(({ text }) => text)).toEqual([long, 'after\n']);
});

test('What stands before comes in front, with numbers of its own.', () => {
  const log = prepended(appended({ pieces: [], start: 90 }, lines(9, 12)), lines(0, 9), 0);
  expect([textOf(log), log.start]).toEqual([lines(0, 12), 0]);
  const ids = log.pieces.map(({ id }) => id);
  expect(ids).toEqual(ids.map((_, index) => ids[0]! + index));
});

test('A line of which the beginning comes later is in one piece then, and each piece has a place of its own.', () => {
  const after = appended({ pieces: [], start: 40_005 }, `${'x'.repeat(40_000)}\n${lines(1, 3)}`);
  const log = prepended(after, `line 0\n${'y'.repeat(40_000)}`, 0);
  expect(textOf(log)).toBe(`line 0\n${'y'.repeat(40_000)}${'x'.repeat(40_000)}\n${lines(1, 3)}`);
  expect(log.pieces.every(({ text }) => text.endsWith('\n'))).toBe(true);
  const ids = log.pieces.map(({ id }) => id);
  expect(ids).toEqual(ids.map((_, index) => ids[0]! + index));
});

test('A log that grows without end loses its beginning, and says from which byte on it is there.', () => {
  let log: LogText = NO_LOG;
  const more = `${'ü'.repeat(99)}\n`.repeat(1000);
  for (let count = 0; count < 100; count++) {
    log = appended(log, more);
  }
  const held = new TextEncoder().encode(textOf(log)).length;
  expect(log.start).toBeGreaterThan(0);
  expect(log.start + held).toBe(199 * 1000 * 100);
});
