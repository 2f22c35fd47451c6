/** The code of a cell in two runs, side by side. */

import { expect, test } from 'vitest';
import { sideBySide, type Piece } from '../src/runs_page/code_difference';

/** A side as text: what is new stands in brackets. */
const shown = (pieces: readonly Piece[] | null): string | null =>
  pieces === null ? null : pieces.map(({ text, isNew }) => (isNew ? `[${text}]` : text)).join('');

const rows = (...lines: string[]): (string | null)[][] =>
  sideBySide(lines.join('\n')).map(({ kind, before, after }) => [kind, shown(before), shown(after)]);

test('a line that was replaced stands beside the new one, with what is new in each', () => {
  expect(rows('@@ -1,2 +1,2 @@', ' import a', '-x = f(1, depth=3)', '+x = f(1, depth=25)')).toEqual([
    ['same', 'import a', 'import a'],
    ['differs', 'x = f(1, depth=[3])', 'x = f(1, depth=[25])']
  ]);
});

test('lines that have none beside them stand alone', () => {
  expect(rows('@@ -1 +1,3 @@', '-a', '+b', '+c', ' d', '-e')).toEqual([
    ['differs', '[a]', '[b]'],
    ['differs', null, '[c]'],
    ['same', 'd', 'd'],
    ['differs', '[e]', null]
  ]);
});

test('what is left out between two places is a gap; code that looks like a diff is code', () => {
  expect(rows('@@ -1 +1 @@', '--- a', '+++ a', '@@ -9 +9 @@', ' b', '+')).toEqual([
    ['differs', '[--] a', '[++] a'],
    ['gap', null, null],
    ['same', 'b', 'b'],
    ['differs', null, '[]']
  ]);
});

test('a letter that comes twice is counted once', () => {
  expect(rows('@@ -1 +1 @@', '-aa', '+aaa')).toEqual([['differs', 'aa', 'aa[a]']]);
  expect(sideBySide('')).toEqual([]);
});
