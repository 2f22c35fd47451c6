/** A metric of many runs over a parameter: what can be chosen, and what is drawn then. */

import { describe, expect, test } from 'vitest';
import type { RunRow } from '../src/model/documents';
import { axesOf, dotsOf, extremesOf, firstChoice, IN_ORDER } from '../src/runs_page/plot';

function run(id: string, parameters: RunRow['parameters'], metrics: RunRow['metrics']): RunRow {
  const written = Object.entries(parameters).map(([name, value]) => [name, JSON.stringify(value)]);
  return { run_id: id, parameters, written: Object.fromEntries(written), metrics } as RunRow;
}

const RUNS = [
  run('new', { seed: 1, lr: 0.1, layers: [8, 4] }, { train: { auc: 0.9, kind: 'x' } }),
  run('middle', { seed: 1, lr: 0.01 }, { train: { auc: 'NaN' } }),
  run('failed', { seed: 1, lr: 1 }, {}),
  run('old', { seed: 1, lr: 'auto' }, { train: { auc: 0.5 }, 'a.b': { loss: 3 } })
];

describe('what can be chosen', () => {
  const axes = axesOf(RUNS);

  test('is every parameter, and every metric that is a number', () => {
    expect(axes.y).toEqual(['metric.train.auc', 'metric.a.b.loss']);
    expect(axes.x.slice(0, 4)).toEqual(['param.seed', 'param.lr', 'param.layers', IN_ORDER]);
  });

  test('is at first a parameter that differs', () => {
    expect(firstChoice(RUNS, axes)).toEqual({ x: 'param.lr', y: 'metric.train.auc' });
    expect(firstChoice(RUNS.slice(0, 1), axes)).toEqual({ x: IN_ORDER, y: 'metric.train.auc' });
    expect(firstChoice([], axesOf([]))).toBe(null);
  });
});

describe('what is drawn', () => {
  test('are the runs that have both', () => {
    expect(dotsOf(RUNS, { x: 'param.lr', y: 'metric.train.auc' })).toEqual([
      { name: 'new', x: 0.1, text: '0.1', y: 0.9 },
      { name: 'middle', x: 0.01, text: '0.01', y: NaN },
      { name: 'old', x: 'auto', text: 'auto', y: 0.5 }
    ]);
    expect(dotsOf(RUNS, { x: 'param.layers', y: 'metric.train.auc' })).toEqual([
      { name: 'new', x: '[8,4]', text: '[8,4]', y: 0.9 }
    ]);
  });

  test('has places that are called as parameters are written', () => {
    const whole = { ...run('whole', { lr: 1 }, { train: { auc: 1 } }), written: { lr: '1.0' } };
    expect(dotsOf([whole], { x: 'param.lr', y: 'metric.train.auc' })).toEqual([
      { name: 'whole', x: 1, text: '1.0', y: 1 }
    ]);
  });

  test('are the runs in their order, the oldest first', () => {
    expect(dotsOf(RUNS, { x: IN_ORDER, y: 'metric.a.b.loss' })).toEqual([
      { name: 'old', x: 1, text: '1', y: 3 }
    ]);
  });

  test('has a best and a worst run, where there is a number', () => {
    const found = extremesOf(dotsOf(RUNS, { x: 'param.lr', y: 'metric.train.auc' }))!;
    expect([found.greatest.name, found.least.name]).toEqual(['new', 'old']);
    expect(extremesOf([{ name: 'a', x: 1, text: '1', y: NaN }])).toBe(null);
  });
});
