/** The table of runs: which columns there are, and what stands in them. Pure. */

import { numberFrom, showValue, showWritten } from '../charts/values';
import { lookOfRun, showDuration, type RunStanding } from '../graph/look';
import type { RunRow } from '../model/documents';
import { hasEnded } from '../model/run_state';
import { trans } from '../model/words';

/** A column: `key` is what the server sorts by. Numbers stand to the right. */
export interface Column {
  readonly key: string;
  readonly label: string;
  readonly text: (row: RunRow) => string;
  readonly isNumber: (row: RunRow) => boolean;
}

/** How many columns of parameters and metrics are shown at most: a wider table cannot be read. */
export const MOST_VALUE_COLUMNS = 12;

/** Say whether more is to come of a run. */
export function goesOn({ state, interrupted }: RunStanding): boolean {
  return !hasEnded(state) && !interrupted;
}

/**
 * Return how long a run took, or has taken until `now` (seconds since the epoch).
 *
 * Null if it has not started, or if it was interrupted: nothing tells when.
 */
export function durationOf(row: RunRow, now: number): number | null {
  if (row.started === null || (row.finished === null && row.interrupted)) {
    return null;
  }
  const finished = row.finished === null ? now : Date.parse(row.finished) / 1000;
  return Math.max(0, finished - Date.parse(row.started) / 1000);
}

/** Return the columns that every list has. */
export function plainColumns(now: number): Column[] {
  const column = (key: string, label: string, text: (row: RunRow) => string, isNumber = false): Column => ({
    key,
    label,
    text,
    isNumber: () => isNumber
  });
  return [
    column('name', trans.__('Run'), row => row.name),
    column('state', trans.__('State'), row => lookOfRun(row).word),
    column('notebook', trans.__('Notebook'), row => row.notebook ?? row.notebook_path),
    column('experiment', trans.__('Experiment'), row => row.experiment),
    column('started_by', trans.__('Who'), row => row.started_by ?? ''),
    column('created', trans.__('Created'), row =>
      row.created === null ? '' : new Date(row.created).toLocaleString()
    ),
    column('duration', trans.__('Duration'), row => shownDuration(row, now), true),
    column('commit', trans.__('Commit'), row => commitOf(row))
  ];
}

/**
 * Return a column for each parameter and metric that some run of the page has, those of its first runs first.
 *
 * `sorted`: the key that the list is sorted by. Its column is there however many others are, for its head shows the
 * order and changes it.
 */
export function valueColumns(rows: readonly RunRow[], sorted = ''): Column[] {
  const found = new Map<string, Column>();
  for (const row of rows) {
    for (const name of Object.keys(row.parameters)) {
      add(found, `param.${name}`);
    }
  }
  for (const row of rows) {
    for (const [task, metrics] of Object.entries(row.metrics)) {
      for (const name of Object.keys(metrics)) {
        add(found, `metric.${task}.${name}`);
      }
    }
  }
  const few = [...found.values()].slice(0, MOST_VALUE_COLUMNS);
  return isOfValue(sorted) && few.every(({ key }) => key !== sorted) ? [...few, valueColumn(sorted)] : few;
}

function isOfValue(key: string): boolean {
  return key.startsWith('param.') || key.startsWith('metric.');
}

function add(found: Map<string, Column>, key: string): void {
  if (!found.has(key)) {
    found.set(key, valueColumn(key));
  }
}

function valueColumn(key: string): Column {
  const label = key.slice(key.indexOf('.') + 1);
  const value = (row: RunRow): unknown => valueOf(row, key);
  return { key, label, text: row => textOf(row, key), isNumber: row => typeof value(row) === 'number' };
}

/** Return what a run has for `param.NAME` or `metric.TASK.NAME`, numbers as such; undefined where it has nothing. */
export function valueOf(row: RunRow, key: string): unknown {
  const dot = key.indexOf('.');
  const name = key.slice(dot + 1);
  const value = key.slice(0, dot) === 'param' ? row.parameters[name] : metricOf(row, name);
  return numberFrom(value) ?? value;
}

/** Return what stands in a table of what a run has for `param.NAME` or `metric.TASK.NAME`. */
export function textOf(row: RunRow, key: string): string {
  const written: unknown = key.startsWith('param.') ? row.written[key.slice('param.'.length)] : undefined;
  return typeof written === 'string' ? showWritten(written) : showValue(valueOf(row, key));
}

/** Of TASK.NAME both may have dots in them. */
function metricOf(row: RunRow, name: string): unknown {
  const task = Object.keys(row.metrics).find(
    one => name.startsWith(`${one}.`) && name.slice(one.length + 1) in row.metrics[one]!
  );
  return task === undefined ? undefined : row.metrics[task]![name.slice(task.length + 1)];
}

function shownDuration(row: RunRow, now: number): string {
  const seconds = durationOf(row, now);
  return seconds === null ? '' : showDuration(seconds);
}

function commitOf(row: RunRow): string {
  const git = row.versions.git as { commit?: unknown; dirty?: unknown } | undefined;
  return typeof git?.commit === 'string' ? git.commit.slice(0, 8) + (git.dirty === true ? ' +' : '') : '';
}
