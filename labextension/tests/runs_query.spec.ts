/** What the page of runs asks of the server. */

import { describe, expect, test } from 'vitest';
import {
  NEWEST_FIRST,
  NO_FILTERS,
  orderAfterClick,
  questionFor,
  withCondition,
  type Condition
} from '../src/runs_page/query';

describe('a question for a page', () => {
  test('names nothing that passes everything', () => {
    expect(String(questionFor(NO_FILTERS, NEWEST_FIRST, 50, null))).toBe(
      'archived=no&limit=50&sort=-created'
    );
  });

  test('has every filter and condition, the order, and where the page before ended', () => {
    const conditions: Condition[] = [
      { kind: 'metric', name: 'train.auc', comparison: '>=', value: '0.8' },
      { kind: 'metric', name: 'loss', comparison: '<', value: '1' },
      { kind: 'tag', name: 'best of all', comparison: '=', value: '' }
    ];
    const filters = { ...NO_FILTERS, search: 'churn', state: 'FAILED', experiment: 'E', conditions };
    const question = questionFor(filters, { key: 'param.lr', isDown: false }, 20, 'abc');
    expect([...question]).toEqual([
      ['archived', 'no'],
      ['limit', '20'],
      ['sort', 'param.lr'],
      ['search', 'churn'],
      ['state', 'FAILED'],
      ['experiment', 'E'],
      ['metric', 'train.auc>=0.8'],
      ['metric', 'loss<1'],
      ['tag', 'best of all'],
      ['cursor', 'abc']
    ]);
  });

  test('finds runs by the state that they are shown with, interrupted ones by that word alone', () => {
    const asked = (state: string): string =>
      String(questionFor({ ...NO_FILTERS, state }, NEWEST_FIRST, 9, null)).replace(/.*sort=-created&/, '');
    expect(asked('INTERRUPTED')).toBe('interrupted=only');
    expect(asked('RUNNING')).toBe('interrupted=no&state=RUNNING');
    expect(asked('FAILED')).toBe('state=FAILED');
  });

  test('says by whom, of which notebook, and from the beginning of one day to the end of another', () => {
    const named = (kind: Condition['kind'], name: string): Condition => ({
      kind,
      name,
      comparison: '=',
      value: ''
    });
    const conditions = [named('notebook', 'a/b.ipynb'), named('started_by', 'ada')];
    const filters = { ...NO_FILTERS, since: '2026-02-27', until: '2026-02-28', conditions };
    const question = questionFor(filters, NEWEST_FIRST, 50, null);
    expect([...question].slice(3)).toEqual([
      ['since', new Date(2026, 1, 27).toISOString()],
      ['until', new Date(2026, 2, 1).toISOString()],
      ['notebook', 'a/b.ipynb'],
      ['started_by', 'ada']
    ]);
  });
});

test('a condition is there once, and of notebooks and people the last one', () => {
  const tag: Condition = { kind: 'tag', name: 'good', comparison: '=', value: '' };
  const ada: Condition = { ...tag, kind: 'started_by', name: 'ada' };
  const bob: Condition = { ...ada, name: 'bob' };
  const best: Condition = { ...tag, name: 'best' };
  const added = [tag, ada, best, tag, bob].reduce(withCondition, [] as readonly Condition[]);
  expect(added.map(({ name }) => name)).toEqual(['best', 'good', 'bob']);
});

test('a column head sorts down, then up, then not at all', () => {
  const down = orderAfterClick(NEWEST_FIRST, 'name');
  const up = orderAfterClick(down, 'name');
  expect([down, up, orderAfterClick(up, 'name')]).toEqual([
    { key: 'name', isDown: true },
    { key: 'name', isDown: false },
    NEWEST_FIRST
  ]);
  expect(orderAfterClick(NEWEST_FIRST, 'created')).toEqual({ key: 'created', isDown: false });
});
