/**
 * What the events of a run say about it now: its state, each task's, its metrics. The panel and the widget reduce with it.
 *
 * The same as `RunStatus` of kfnb/orchestrator/events.py; both are tested on the files of tests/cases/run_events.
 */

import type { Event as RunEvent, GivenInShort, RunState } from './openapi';

export type { RunEvent };

/** States of runs and tasks: Kubeflow Pipelines' words. */
export type State = RunState['state'];

/** How far a task's cells are: `done` of `cells`, the cell that runs now by id. */
export interface Progress {
  readonly cell?: string;
  readonly number?: number;
  readonly done?: number;
  readonly cells?: number;
  /** The version of the interpreter that the cells run in. */
  readonly python?: string;
  /** How many points of metrics have been kept so far, where there is a curve of them. */
  readonly points?: number;
}

/** What the events say about one task. Times are seconds since the epoch. */
export interface TaskStatus {
  readonly name: string;
  /** The fan-out that it is an element of. */
  readonly owner: string | null;
  /** How many elements it has, if it is a fan-out and that is known. */
  readonly elements: number | null;
  readonly state: State;
  readonly attempt: number;
  /** Attempts that failed and were to be repeated. */
  readonly failures: number;
  readonly cached: boolean;
  readonly started: number | null;
  readonly finished: number | null;
  readonly why: string | null;
  readonly progress: Progress;
  readonly output: GivenInShort | null;
  /** Cell and tag that were learned. */
  readonly fact: readonly [string, string] | null;
}

/** What the events say about a run: its own state and that of each task, in notebook order. */
export interface RunStatus {
  readonly state: State;
  readonly why: string | null;
  readonly started: number | null;
  readonly finished: number | null;
  readonly host: string | null;
  readonly tasks: ReadonlyMap<string, TaskStatus>;
  /** Nothing drives it any more. No event says that: who knows it adds it. */
  readonly interrupted?: boolean;
}

const ENDED: ReadonlySet<State> = new Set<State>(['SUCCEEDED', 'SKIPPED', 'FAILED', 'CANCELED']);

/** Say whether nothing more happens to what is in this state. */
export function hasEnded(state: State): boolean {
  return ENDED.has(state);
}

/** Return the name of one element of a fan-out, from 0. */
export function elementName(task: string, number: number): string {
  return `${task}[${number}]`;
}

/** Return the name of the fan-out of which the task called `name` is an element; else `name` itself. */
export function ownerOf(name: string): string {
  return /^(.+)\[\d+\]$/s.exec(name)?.[1] ?? name;
}

/** Return the name of the task that makes the items of the fan-out `task`. */
export function headName(task: string): string {
  return `${task}[items]`;
}

/**
 * Return the task that works for the step `name`: for a fan-out what makes its items, until these are known, and where
 * it did not get so far; its log, error and pod are the step's.
 */
export function workingFor(status: RunStatus, name: string): string {
  const [head, own] = [status.tasks.get(headName(name)), status.tasks.get(name)];
  if (head === undefined || own === undefined) {
    return name;
  }
  const isMaking = own.state === 'PENDING' && own.elements === null;
  return isMaking || head.state === 'FAILED' || head.state === 'CANCELED' ? head.name : name;
}

/** Return the status of a run that has not begun, of the tasks with these names. */
export function pending(tasks: Iterable<string>): RunStatus {
  return {
    state: 'PENDING',
    why: null,
    started: null,
    finished: null,
    host: null,
    tasks: new Map([...tasks].map(name => [name, pendingTask(name, null)]))
  };
}

/** Return what `status` is after `events`, in the order in which they happened. What did not change is the same object. */
export function reduce(status: RunStatus, events: Iterable<RunEvent>): RunStatus {
  const next: Draft = { ...status };
  for (const event of events) {
    take(next, status, event);
  }
  return next;
}

type Draft = { -readonly [K in keyof RunStatus]: RunStatus[K] } & { tasks: ReadonlyMap<string, TaskStatus> };

function take(next: Draft, before: RunStatus, event: RunEvent): void {
  if (event.kind === 'run-started' || event.kind === 'run-resumed') {
    next.started ??= event.time;
    next.host = typeof event.data?.host === 'string' ? event.data.host : null;
  } else if (event.kind === 'task-expanded' && event.task !== undefined) {
    next.tasks = expanded(next.tasks, event.task, Number(event.data?.count ?? 0));
  } else if (event.kind === 'run-state' && event.state !== undefined) {
    next.state = event.state;
    next.why = event.why ?? null;
    next.finished = hasEnded(event.state) ? event.time : null;
  } else if (event.kind !== 'request' && event.task !== undefined) {
    const task = next.tasks.get(event.task);
    if (task !== undefined) {
      const tasks =
        next.tasks === before.tasks ? new Map(next.tasks) : (next.tasks as Map<string, TaskStatus>);
      tasks.set(event.task, changed(task, event));
      next.tasks = tasks;
    }
  }
}

/** Give each element of a fan-out a status of its own, in front of that of the task that puts them together. */
function expanded(
  tasks: ReadonlyMap<string, TaskStatus>,
  owner: string,
  count: number
): ReadonlyMap<string, TaskStatus> {
  if (tasks.has(elementName(owner, 0)) || !tasks.has(owner)) {
    return tasks;
  }
  const after = new Map<string, TaskStatus>();
  for (const [name, task] of tasks) {
    if (name !== owner) {
      after.set(name, task);
      continue;
    }
    for (let number = 0; number < count; number++) {
      const element = elementName(owner, number);
      after.set(element, pendingTask(element, owner));
    }
    after.set(owner, { ...task, elements: count });
  }
  return after;
}

function changed(task: TaskStatus, event: RunEvent): TaskStatus {
  if (event.kind === 'task-progress') {
    return { ...task, progress: (event.data ?? {}) as Progress };
  }
  if (event.kind === 'task-output') {
    return { ...task, output: event.output ?? null };
  }
  if (event.kind !== 'task-state' || event.state === undefined) {
    return task;
  }
  const { cell, fact } = event.data ?? {};
  const after = {
    ...task,
    state: event.state,
    why: event.why ?? null,
    cached: event.cached ?? false,
    attempt: event.attempt || task.attempt,
    fact: typeof cell === 'string' && typeof fact === 'string' ? ([cell, fact] as const) : task.fact
  };
  if (event.state === 'PENDING') {
    // it starts again
    const failures = Number(event.data?.failures ?? 0);
    return { ...after, started: null, finished: null, output: null, fact: null, progress: {}, failures };
  }
  if (event.state === 'RUNNING') {
    return { ...after, started: event.time, finished: null };
  }
  const isOver = hasEnded(event.state) && task.started !== null && task.finished === null;
  return isOver ? { ...after, finished: event.time } : after;
}

function pendingTask(name: string, owner: string | null): TaskStatus {
  return {
    name,
    owner,
    elements: null,
    state: 'PENDING',
    attempt: 0,
    failures: 0,
    cached: false,
    started: null,
    finished: null,
    why: null,
    progress: {},
    output: null,
    fact: null
  };
}

/** Say whether what a task gave is part of the run's result: not if it turned out later not to stand. */
export function stands(task: TaskStatus): boolean {
  return task.output !== null && (task.state === task.output.state || task.state === 'SUCCEEDED');
}

/** Return the metrics of each task that has any; NaN and infinities are the words that JSON has for them. */
export function metricsOf(status: RunStatus): Record<string, Record<string, unknown>> {
  const found: Record<string, Record<string, unknown>> = {};
  for (const [name, task] of status.tasks) {
    const metrics = task.output?.metrics ?? {};
    if (stands(task) && Object.keys(metrics).length > 0) {
      found[name] = { ...metrics };
    }
  }
  return found;
}

/** How many elements of one fan-out there are, and how they stand. */
export interface ElementCounts {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly running: number;
}

/** Return for each fan-out whose elements are known how these stand. */
export function elementCounts(status: RunStatus): Map<string, ElementCounts> {
  const found = new Map<string, { total: number; done: number; failed: number; running: number }>();
  for (const task of status.tasks.values()) {
    if (task.elements !== null) {
      found.set(task.name, found.get(task.name) ?? { total: task.elements, done: 0, failed: 0, running: 0 });
    }
    if (task.owner !== null) {
      const counts = found.get(task.owner) ?? { total: 0, done: 0, failed: 0, running: 0 };
      counts.total = status.tasks.get(task.owner)?.elements ?? counts.total;
      counts.done += task.state === 'SUCCEEDED' ? 1 : 0;
      counts.failed += task.state === 'FAILED' ? 1 : 0;
      counts.running += task.state === 'RUNNING' ? 1 : 0;
      found.set(task.owner, counts);
    }
  }
  return found;
}
