/** Which runs can be compared, and the charts of it: curves of one metric over one another, matrices beside one another. */

import { matrixTable, numberFrom, rocChart, seriesChart, type Line, type RocCurve } from '../charts';
import type { Comparison, Metrics, RunSeries } from '../model/documents';
import { trans } from '../model/words';

/** So many runs are compared at once at most, as on the server: a test looks at what openapi.json says of it. */
export const MOST_COMPARED = 20;

/** Why so many runs cannot be put side by side; null if they can. */
export function whyNoComparison(count: number): string | null {
  if (count < 2) {
    return trans.__('Choose two runs or more by their boxes first.');
  }
  return count > MOST_COMPARED
    ? trans.__('At most %1 runs can be compared at once; %2 are chosen.', MOST_COMPARED, count)
    : null;
}

/** What is shown: the server's comparison, and each run's metrics and how they went, in its order of runs. */
export interface Compared {
  readonly comparison: Comparison;
  readonly metrics: readonly Metrics[];
  readonly series: readonly RunSeries[];
}

/** A chart under its name. */
export interface Chart {
  readonly name: string;
  readonly make: () => Element;
  /** What it shows, as text: a chart with equal data is left as it is, with what a person pointed at or switched off. */
  readonly data: string;
}

/** Return how metrics went, then ROC curves, then confusion matrices, each by task and name. */
export function chartsOf(compared: Compared): readonly Chart[] {
  const { lines, curves, matrices } = collected(compared);
  return [
    ...[...lines].map(([name, found]) => ({ name, make: () => seriesChart(found), ...dataOf(found) })),
    ...[...curves].map(([name, found]) => ({ name, make: () => rocChart(found), ...dataOf(found) })),
    ...[...matrices].flatMap(([, found]) => found)
  ];
}

interface Collected {
  readonly lines: Map<string, Line[]>;
  readonly curves: Map<string, RocCurve[]>;
  readonly matrices: Map<string, Chart[]>;
}

function collected({ comparison, metrics, series }: Compared): Collected {
  const found: Collected = { lines: new Map(), curves: new Map(), matrices: new Map() };
  comparison.runs.forEach(({ run_id: run }, index) => {
    for (const [key, one] of named(series[index] ?? {})) {
      if (one.values.length > 1) {
        add(found.lines, key, { name: run, steps: one.steps, values: numbers(one.values) });
      }
    }
    for (const [key, metric] of named(metrics[index] ?? {})) {
      if (metric.kind === 'roc_curve') {
        const curve = { falsePositive: numbers(metric.fpr), truePositive: numbers(metric.tpr) };
        add(found.curves, key, { name: run, ...curve });
      } else if (metric.kind === 'confusion_matrix') {
        const matrix = { labels: metric.labels, rows: metric.rows.map(numbers) };
        const chart = { name: `${key} · ${run}`, make: () => matrixTable(matrix), ...dataOf(matrix) };
        add(found.matrices, key, chart);
      }
    }
  });
  return found;
}

function dataOf(shown: unknown): Pick<Chart, 'data'> {
  return { data: JSON.stringify(shown) };
}

function named<T>(tasks: Readonly<Record<string, Readonly<Record<string, T>>>>): [string, T][] {
  return Object.entries(tasks).flatMap(([task, values]) =>
    Object.entries(values).map(([name, value]): [string, T] => [`${task} · ${name}`, value])
  );
}

function numbers(values: readonly unknown[]): number[] {
  return values.map(value => numberFrom(value) ?? NaN);
}

function add<T>(found: Map<string, T[]>, key: string, value: T): void {
  found.set(key, [...(found.get(key) ?? []), value]);
}
