/** A metric of many runs over a parameter: what can be chosen, and the points that then are drawn. Pure. */

import type { Dot } from '../charts';
import type { RunRow } from '../model/documents';
import { textOf, valueOf } from './columns';

/** In place of a parameter: the number of the run, the oldest is 1. */
export const IN_ORDER = 'order';

/** Keys as `valueOf` takes them. */
export interface Axes {
  readonly x: readonly string[];
  readonly y: readonly string[];
}

/** What is plotted over what. */
export interface Choice {
  readonly x: string;
  readonly y: string;
}

/** Return what can be chosen: every parameter, metrics too, over which every metric that is a number can be plotted. */
export function axesOf(rows: readonly RunRow[]): Axes {
  const parameters = new Set<string>();
  const metrics = new Set<string>();
  for (const row of rows) {
    Object.keys(row.parameters).forEach(name => parameters.add(`param.${name}`));
    for (const [task, values] of Object.entries(row.metrics)) {
      Object.keys(values).forEach(name => metrics.add(`metric.${task}.${name}`));
    }
  }
  const y = [...metrics].filter(key => rows.some(row => typeof valueOf(row, key) === 'number'));
  return { x: [...parameters, IN_ORDER, ...metrics], y };
}

/** Return the first metric over the first parameter that is not the same in all runs; null where there is no metric. */
export function firstChoice(rows: readonly RunRow[], { x, y }: Axes): Choice | null {
  const differs = (key: string): boolean =>
    key !== IN_ORDER && new Set(rows.map(row => JSON.stringify(valueOf(row, key)))).size > 1;
  const first = x.find(key => key.startsWith('param.') && differs(key)) ?? IN_ORDER;
  return y.length > 0 ? { x: first, y: y[0]! } : null;
}

/** Return a point for each run that has both, named by its id. `rows`: the newest first. */
export function dotsOf(rows: readonly RunRow[], { x, y }: Choice): Dot[] {
  return rows.flatMap((row, index) => {
    const over = x === IN_ORDER ? rows.length - index : valueOf(row, x);
    const value = valueOf(row, y);
    if (typeof value !== 'number' || over === undefined || over === null) {
      return [];
    }
    const text = x === IN_ORDER ? String(over) : textOf(row, x);
    return [{ name: row.run_id, x: typeof over === 'number' ? over : text, text, y: value }];
  });
}

/** Return the points with the least and the greatest value; null where there is none that is finite. */
export function extremesOf(dots: readonly Dot[]): { readonly least: Dot; readonly greatest: Dot } | null {
  const found = dots.filter(({ y }) => Number.isFinite(y)).sort((a, b) => a.y - b.y);
  return found.length > 0 ? { least: found[0]!, greatest: found[found.length - 1]! } : null;
}
