/** A run's status as the graph shows it; the panel and the widget hand it to `GraphView.update`. */

import { elementCounts, hasEnded, type RunStatus, type TaskStatus } from '../model/run_state';
import type { NodeStatus } from './model';

/** Return how each task stands, elements of fan-outs among them. */
export function nodeStatuses(status: RunStatus): Map<string, NodeStatus> {
  const counts = elementCounts(status);
  const found = new Map<string, NodeStatus>();
  for (const [name, task] of status.tasks) {
    found.set(name, { ...own(task), elements: counts.get(name) ?? null });
  }
  return found;
}

function own(task: TaskStatus): NodeStatus {
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
