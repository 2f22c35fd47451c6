/** A run's status as the graph shows it; the panel and the widget hand it to `GraphView.update`. */

import {
  elementCounts,
  hasEnded,
  headName,
  type ElementCounts,
  type RunStatus,
  type TaskStatus
} from '../model/run_state';
import type { NodeStatus } from './model';

/**
 * Return how each task stands, elements of fan-outs among them. A fan-out is shown as one step: as running from the
 * first moment of what makes its items, and as failed where that failed. In an interrupted run nothing runs.
 */
export function nodeStatuses(status: RunStatus): Map<string, NodeStatus> {
  const counts = elementCounts(status);
  const begun = firstStarts(status);
  const found = new Map<string, NodeStatus>();
  for (const [name, task] of status.tasks) {
    const head = status.tasks.get(headName(name));
    const own =
      head === undefined ? ownStatus(task) : fanStatus(task, head, counts.get(name), begun.get(name));
    const shown = status.interrupted ? stopped(own) : own;
    found.set(name, { ...shown, elements: counts.get(name) ?? null });
  }
  return found;
}

/** What was running has stopped, nobody saw when: it has no time. */
function stopped(own: NodeStatus): NodeStatus {
  const wasGoingOn = own.state === 'RUNNING' || own.state === 'CANCELING';
  return wasGoingOn ? { ...own, state: 'INTERRUPTED', started: null } : own;
}

function ownStatus(task: TaskStatus): NodeStatus {
  const { done, cells } = task.progress;
  return {
    state: task.state,
    cached: task.cached,
    started: task.started,
    finished: task.finished,
    why: task.why,
    attempt: task.attempt,
    cells: cells !== undefined && !hasEnded(task.state) ? { done: done ?? 0, total: cells } : null
  };
}

function fanStatus(
  task: TaskStatus,
  head: TaskStatus,
  counts: ElementCounts | undefined,
  firstStart: number | undefined
): NodeStatus {
  const own = ownStatus(task);
  const started = head.started ?? firstStart ?? task.started;
  if (head.state === 'FAILED' || head.state === 'CANCELED') {
    return { ...ownStatus(head), started };
  }
  const isGoingOn = counts !== undefined && (counts.running > 0 || counts.done + counts.failed > 0);
  if (task.state === 'PENDING' && (head.state === 'RUNNING' || head.state === 'CANCELING' || isGoingOn)) {
    return { ...own, state: head.state === 'CANCELING' ? 'CANCELING' : 'RUNNING', started, finished: null };
  }
  return { ...own, started: task.cached ? task.started : started };
}

function firstStarts(status: RunStatus): Map<string, number> {
  const found = new Map<string, number>();
  for (const { owner, started } of status.tasks.values()) {
    if (owner !== null && started !== null) {
      found.set(owner, Math.min(started, found.get(owner) ?? Infinity));
    }
  }
  return found;
}
