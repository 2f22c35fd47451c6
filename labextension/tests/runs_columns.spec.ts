/** The table of runs: its columns. */

import { describe, expect, test } from 'vitest';
import type { RunRow } from '../src/model/documents';
import { durationOf, MOST_VALUE_COLUMNS, plainColumns, valueColumns } from '../src/runs_page/columns';

function row(id: string, more: Partial<RunRow> = {}): RunRow {
  return {
    run_id: id,
    name: id,
    experiment: 'Default',
    state: 'SUCCEEDED',
    why: null,
    interrupted: false,
    created: '2026-01-01T00:00:00+00:00',
    started: null,
    finished: null,
    notebook: null,
    notebook_path: 'elsewhere/a.ipynb',
    started_by: null,
    parameters: {},
    written: {},
    metrics: {},
    tags: [],
    archived: false,
    versions: {},
    root: '',
    ...more
  };
}

const ROWS = [
  row('a', { parameters: { lr: 0.1 }, metrics: { train: { auc: 0.5 } } }),
  row('b', { parameters: { lr: 0.01, note: 'x' }, metrics: { train: { auc: 'NaN' } } }),
  row('c', { metrics: { train: { auc: 0.123456 } } })
];

describe('columns of values', () => {
  const columns = valueColumns(ROWS);

  test('are there for each parameter and metric of any run', () => {
    expect(columns.map(({ key, label }) => [key, label])).toEqual([
      ['param.lr', 'lr'],
      ['param.note', 'note'],
      ['metric.train.auc', 'train.auc']
    ]);
    expect(ROWS.map(columns[2]!.text)).toEqual(['0.5', 'NaN', '0.1235']);
  });

  test('are not more than can be read', () => {
    const parameters = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`p${index}`, index]));
    expect(valueColumns([row('a', { parameters })]).length).toBe(MOST_VALUE_COLUMNS);
  });

  test('show a parameter as it is written: to a browser 1.0 is 1', () => {
    const parameters = {
      rate: 1,
      few: [1],
      many: 2 ** 53,
      long: 0.123456789,
      small: 1e-5,
      word: '1',
      none: null
    };
    const written = {
      ...{ rate: '1.0', few: '[1.0, 2]', many: '9007199254740993', long: '0.123456789', small: '1e-05' },
      ...{ word: '"1"', none: 'null' }
    };
    const shown = row('a', { parameters, written });
    const texts = valueColumns([shown]).map(({ label, text }) => [label, text(shown)]);
    expect(Object.fromEntries(texts)).toEqual({
      ...{ rate: '1.0', few: '[1.0, 2]', many: '9007199254740993', long: '0.1235', small: '1e-05' },
      ...{ word: '1', none: '' }
    });
  });

  test('keep the one that the list is sorted by, whatever others there are', () => {
    const parameters = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`p${index}`, index]));
    const rows = [row('a', { parameters, metrics: { 'a.b': { 'c.d': 2 } } })];
    const last = valueColumns(rows, 'metric.a.b.c.d').at(-1)!;
    expect([last.label, last.text(rows[0]!), last.isNumber(rows[0]!)]).toEqual(['a.b.c.d', '2', true]);
    expect(valueColumns([], 'created')).toEqual([]);
  });
});

describe('plain columns', () => {
  const columns = plainColumns(0);
  const text = (key: string, of: RunRow) => columns.find(column => column.key === key)!.text(of);

  test('name a notebook by its path in the server, else by its own', () => {
    expect(text('notebook', row('a', { notebook: 'a.ipynb' }))).toBe('a.ipynb');
    expect(text('notebook', row('a'))).toBe('elsewhere/a.ipynb');
  });

  test('say in words how a run stands, and of one that nothing drives that it was interrupted', () => {
    const state = 'RUNNING';
    expect(text('state', row('a', { state }))).toBe('running');
    expect(text('state', row('a', { state, interrupted: true }))).toBe('interrupted');
  });

  test('say who started a run, where that is known', () => {
    expect([text('started_by', row('a', { started_by: 'ada' })), text('started_by', row('a'))]).toEqual([
      'ada',
      ''
    ]);
  });

  test('say the commit, and that more than it was there', () => {
    const git = { commit: '0123456789abcdef', dirty: true };
    expect([text('commit', row('a', { versions: { git } })), text('commit', row('a'))]).toEqual([
      '01234567 +',
      ''
    ]);
  });
});

test('a run takes from its start to its end, or until now', () => {
  const started = '2026-01-01T00:00:00Z';
  expect(durationOf(row('a', { started, finished: '2026-01-01T00:01:30Z' }), 0)).toBe(90);
  expect(durationOf(row('a', { started }), Date.parse(started) / 1000 + 5)).toBe(5);
  expect(durationOf(row('a'), 0)).toBe(null);
  expect(durationOf(row('a', { started, interrupted: true }), Date.parse(started) / 1000 + 5)).toBe(null);
});
