/** The table of runs: which columns there are, what stands in them, in which order. Pure. */

import { numberFrom, showValue } from '../charts/values';
import { showDuration } from '../graph/look';
import type { RunRow } from '../model/documents';

/** A column: `value` is what is sorted by, `text` what is shown. */
export interface Column {
  readonly key: string;
  readonly label: string;
  readonly value: (row: RunRow) => unknown;
  readonly text: (row: RunRow) => string;
}

/** By what the table is sorted; as it came, the newest first, where `key` is null. */
export interface Order {
  readonly key: string | null;
  readonly isDown: boolean;
}

/** How many columns of parameters and metrics are shown at most: a wider table cannot be read. */
export const MOST_VALUE_COLUMNS = 12;

/** Return how long a run took, or has taken until `now` (seconds since the epoch); null if it has not started. */
export function durationOf(row: RunRow, now: number): number | null {
  if (row.started === null) {
    return null;
  }
  const finished = row.finished === null ? now : Date.parse(row.finished) / 1000;
  return Math.max(0, finished - Date.parse(row.started) / 1000);
}

/** Return the columns that every list has, named by `translate`. */
export function plainColumns(translate: (text: string) => string, now: number): Column[] {
  const word = (key: string, label: string, value: (row: RunRow) => string): Column => ({
    key,
    label: translate(label),
    value,
    text: value
  });
  return [
    word('name', 'Run', row => row.name),
    word('state', 'State', row => row.state),
    word('notebook', 'Notebook', row => row.notebook ?? row.notebook_path),
    word('experiment', 'Experiment', row => row.experiment),
    {
      key: 'created',
      label: translate('Created'),
      value: row => (row.created === null ? null : Date.parse(row.created)),
      text: row => (row.created === null ? '' : new Date(row.created).toLocaleString())
    },
    {
      key: 'duration',
      label: translate('Duration'),
      value: row => durationOf(row, now),
      text: row => {
        const seconds = durationOf(row, now);
        return seconds === null ? '' : showDuration(seconds);
      }
    },
    word('commit', 'Commit', row => commitOf(row))
  ];
}

/** Return a column for each parameter and metric that some run of the list has, those of the newest runs first. */
export function valueColumns(rows: readonly RunRow[]): Column[] {
  const found = new Map<string, Column>();
  for (const row of rows) {
    for (const name of Object.keys(row.parameters)) {
      add(found, `param.${name}`, name, other => other.parameters[name]);
    }
  }
  for (const row of rows) {
    for (const [task, metrics] of Object.entries(row.metrics)) {
      for (const name of Object.keys(metrics)) {
        add(found, `metric.${task}.${name}`, `${task}.${name}`, other => other.metrics[task]?.[name]);
      }
    }
  }
  return [...found.values()].slice(0, MOST_VALUE_COLUMNS);
}

function add(found: Map<string, Column>, key: string, label: string, of: (row: RunRow) => unknown): void {
  if (!found.has(key)) {
    const value = (row: RunRow): unknown => numberFrom(of(row)) ?? of(row);
    found.set(key, { key, label, value, text: row => showValue(value(row)) });
  }
}

/** Return the rows in the order that is asked for; those without a value stand at the end. */
export function sorted(rows: readonly RunRow[], columns: readonly Column[], order: Order): readonly RunRow[] {
  const column = columns.find(({ key }) => key === order.key);
  if (column === undefined) {
    return rows;
  }
  const sign = order.isDown ? -1 : 1;
  return [...rows].sort((a, b) => compared(column.value(a), column.value(b), sign));
}

function compared(a: unknown, b: unknown, sign: number): number {
  const [lacksA, lacksB] = [a, b].map(value => value === null || value === undefined || Number.isNaN(value));
  if (lacksA || lacksB) {
    return Number(lacksA) - Number(lacksB);
  }
  const isNumber = typeof a === 'number' && typeof b === 'number';
  return sign * (isNumber ? a - b : showValue(a).localeCompare(showValue(b)));
}

function commitOf(row: RunRow): string {
  const git = row.versions.git as { commit?: unknown; dirty?: unknown } | undefined;
  return typeof git?.commit === 'string' ? git.commit.slice(0, 8) + (git.dirty === true ? ' +' : '') : '';
}
