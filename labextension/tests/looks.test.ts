/** How states, times and curves look: the same as in Python's pictures, on the file that pytest checks too. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

import { CURVE_COLOURS } from '../src/charts/parts';
import { lookOf, showDuration } from '../src/graph';
import { hasEnded, type State } from '../src/model/run_state';

interface Said {
  readonly states: Readonly<Record<State, { icon: string; word: string; ended: boolean }>>;
  readonly cached: { icon: string; word: string };
  readonly curves: readonly string[];
  readonly durations: Readonly<Record<string, string>>;
}

const SAID = JSON.parse(readFileSync(resolve('../tests/cases/looks.json'), 'utf-8')) as Said;

test.each(Object.entries(SAID.states))('%s has its icon and its word.', (name, { icon, word, ended }) => {
  const state = name as State;
  expect(lookOf({ state })).toMatchObject({ icon, word });
  expect(hasEnded(state)).toBe(ended);
});

test('A result of the cache has its own.', () => {
  expect(lookOf({ state: 'SUCCEEDED', cached: true })).toMatchObject(SAID.cached);
});

test('Curves have their colours.', () => {
  expect(CURVE_COLOURS).toEqual(SAID.curves);
});

test.each(Object.entries(SAID.durations))('%s seconds are told as %s.', (seconds, text) => {
  expect(showDuration(Number(seconds))).toBe(text);
});
