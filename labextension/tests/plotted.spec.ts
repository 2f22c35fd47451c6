/** Curves over one another, points of many runs, and what is drawn of runs that are compared. */

import { beforeEach, describe, expect, test } from 'vitest';
import { rocChart, scatterChart, seriesChart, type Dot } from '../src/charts';
import type { Comparison, Metric } from '../src/model/documents';
import { chartsOf } from '../src/runs_page/overlaid';

const points = (chart: Element): (string | null)[] =>
  [...chart.querySelectorAll('polyline')].map(line => line.getAttribute('points'));
const words = (chart: Element): (string | null)[] =>
  [...chart.querySelectorAll('text')].map(text => text.textContent);

describe('curves', () => {
  test('share their axes, and leave out what is not finite', () => {
    const chart = seriesChart([
      { name: 'a', steps: [0, 1, 2], values: [1, NaN, 3] },
      { name: '<b>', steps: [0, 4], values: [5, 1] },
      { name: 'c', steps: [2], values: [5] },
      { name: 'none', steps: [0], values: [NaN] }
    ]);
    expect(points(chart)).toEqual(['52,178 202,93', '52,8 352,178']);
    expect(words(chart)).toEqual(['0', '4', '1', '5']);
    expect([...chart.querySelectorAll('.kfnb-chart-plot ~ div')].map(line => line.textContent)).toEqual([
      '▬ a: 3',
      '▬ <b>: 1',
      '▬ c: 5',
      '▬ none: NaN'
    ]);
    expect(chart.querySelectorAll('circle').length).toBe(1);
  });

  test('that are level or empty are drawn, too', () => {
    expect(points(seriesChart([{ name: 'a', steps: [0, 1], values: [2, 2] }]))).toEqual(['52,93 352,93']);
    expect(points(seriesChart([]))).toEqual([]);
  });
});

describe('curves are read off', () => {
  let chart: HTMLElement;
  let plot: HTMLElement;
  const said = (): string[] =>
    [...chart.querySelectorAll('.kfnb-chart-reading > div')].map(line => line.textContent!);
  const press = (key: string): void =>
    void plot.dispatchEvent(new KeyboardEvent('keydown', { key, cancelable: true }));

  beforeEach(() => {
    chart = seriesChart([
      { name: 'a', steps: [0, 2, 4], values: [1, 2, 3] },
      { name: '<b>', steps: [0, 4], values: [5, 0.123456] }
    ]);
    plot = chart.querySelector('.kfnb-chart-plot')!;
  });

  test('under the pointer, each at its nearest point, until it leaves', () => {
    plot.dispatchEvent(new MouseEvent('pointermove', { clientX: 340 }));
    expect(said()).toEqual(['a: 3 at 4', '<b>: 0.1235 at 4']);
    expect(chart.querySelectorAll('.kfnb-chart-marks circle').length).toBe(2);
    plot.dispatchEvent(new MouseEvent('pointermove', { clientX: 10 }));
    expect(said()).toEqual(['a: 1 at 0', '<b>: 5 at 0']);
    plot.dispatchEvent(new MouseEvent('pointerleave'));
    expect(said()).toEqual([]);
    expect(chart.querySelector('.kfnb-chart-marks')!.children.length).toBe(0);
  });

  test('at the arrow keys, which go from point to point', () => {
    const read = ['ArrowRight', 'ArrowRight', 'End', 'ArrowRight', 'ArrowLeft', 'Home'].map(key => {
      press(key);
      return said()[0];
    });
    expect(read).toEqual(['a: 1 at 0', 'a: 2 at 2', 'a: 3 at 4', 'a: 3 at 4', 'a: 2 at 2', 'a: 1 at 0']);
    press('Escape');
    expect(said()).toEqual([]);
  });

  test('without those that are switched off', () => {
    const [first] = chart.querySelectorAll<HTMLButtonElement>('.kfnb-chart-key');
    first!.click();
    expect(first!.getAttribute('aria-pressed')).toBe('false');
    const seen = [...chart.querySelectorAll('polyline')].map(line => line.getAttribute('visibility'));
    expect(seen).toEqual(['hidden', null]);
    press('ArrowRight');
    press('ArrowRight');
    expect(said()).toEqual(['<b>: 0.1235 at 4']);
    first!.click();
    press('Home');
    expect(said()).toEqual(['a: 1 at 0', '<b>: 5 at 0']);
  });

  test('and one alone has no switch', () => {
    const alone = rocChart([{ name: 'roc', falsePositive: [0, 0.5, 1], truePositive: [0, 0.75, 1] }]);
    expect(alone.querySelector('button')).toBe(null);
    plot = alone.querySelector('.kfnb-chart-plot')!;
    chart = alone;
    press('ArrowRight');
    press('ArrowRight');
    expect(said()).toEqual(['roc: true 0.75 at false 0.5']);
  });
});

describe('points of runs', () => {
  const chosen: string[] = [];
  const plot = (dots: readonly Dot[]): HTMLElement =>
    scatterChart(dots, ['lr', 'auc'], ({ name }) => chosen.push(name));
  const places = (chart: Element): (string | null)[] =>
    [...chart.querySelectorAll('circle')].map(dot => dot.getAttribute('cx'));

  test('lie by number, each a button that says what it is', () => {
    const chart = plot([
      { name: 'a', x: 1, text: '1.0', y: 0.5 },
      { name: 'b', x: 3, text: '3', y: 1 },
      { name: 'c', x: 2, text: '2', y: NaN }
    ]);
    expect(places(chart)).toEqual(['60', '344']);
    expect(words(chart).slice(0, 2)).toEqual(['1.0', '3']);
    const dots = [...chart.querySelectorAll('circle')];
    expect(dots.map(dot => dot.getAttribute('aria-label'))).toEqual(['a: lr 1.0, auc 0.5', 'b: lr 3, auc 1']);
    dots[0]!.dispatchEvent(new MouseEvent('click'));
    dots[1]!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
    expect(chosen).toEqual(['a', 'b']);
  });

  test('lie beside one another where what they are plotted over is a word', () => {
    const chart = plot([
      { name: 'a', x: 'tree', text: 'tree', y: 1 },
      { name: 'b', x: 'line', text: 'line', y: 1 },
      { name: 'c', x: 2, text: '2', y: 1 }
    ]);
    expect(places(chart)).toEqual(['60', '202', '344']);
    expect(words(chart).slice(0, 3)).toEqual(['2', 'line', 'tree']);
  });

  test('are one stop of the Tab key, and are walked from left to right by arrow keys', () => {
    const chart = plot(
      Array.from({ length: 1000 }, (_, index) => ({ name: `${index}`, x: -index, text: `${-index}`, y: 1 }))
    );
    document.body.replaceChildren(chart);
    const stops = (): (string | null)[] =>
      [...chart.querySelectorAll("[tabindex='0']")].map(dot => dot.getAttribute('aria-label'));
    expect(stops()).toEqual(['999: lr -999, auc 1']);
    chart.querySelector<SVGElement>("[tabindex='0']")!.focus();
    const walked = ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'End', 'ArrowRight', 'Home', 'a'].map(key => {
      document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      return document.activeElement!.getAttribute('aria-label')!.split(':')[0];
    });
    expect(walked).toEqual(['998', '997', '998', '0', '0', '999', '999']);
    expect(stops()).toEqual(['999: lr -999, auc 1']);
  });
});

test('runs that are compared share a chart by task and metric; matrices stand beside one another', () => {
  const none = { fpr: [], tpr: [], thresholds: [], labels: [], rows: [] };
  const value: Metric = { kind: 'value', value: 1, ...none };
  const roc: Metric = { ...value, kind: 'roc_curve', fpr: [0, 1], tpr: [0, 1] };
  const matrix: Metric = { ...value, kind: 'confusion_matrix', labels: ['x'], rows: [[1]] };
  const tasks = { train: { auc: value, roc, confusion: matrix } };
  const loss = { steps: [0, 1], values: [2, 'NaN'], logged: 2 };
  const charts = chartsOf({
    comparison: { runs: [{ run_id: 'a' }, { run_id: 'b' }] } as unknown as Comparison,
    metrics: [tasks, tasks],
    series: [{ train: { loss } }, { train: { loss, once: { steps: [0], values: [1], logged: 1 } } }]
  });
  expect(charts.map(({ name }) => name)).toEqual([
    'train · loss',
    'train · roc',
    'train · confusion · a',
    'train · confusion · b'
  ]);
  expect(charts[0]!.make().textContent).toContain('a: NaN');
  expect(points(charts[1]!.make()).length).toBe(2);
});
