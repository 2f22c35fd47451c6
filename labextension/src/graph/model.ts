/** What the graph draws: steps, what flows between them, and how each stands. Plain data that its users fill. */

import type { State } from '../model/run_state';

/** One step. `colour`: any CSS colour, of the strip at its left edge. `badges`: short words such as `GPU 1`. */
export interface GraphNode {
  readonly name: string;
  readonly colour?: string;
  readonly badges?: readonly string[];
  /** It is a fan-out: it may be unfolded once its elements are known. */
  readonly isFan?: boolean;
  /** The fan-out that it is an element of. */
  readonly owner?: string;
  /** It is no task: it stands for so many elements of its owner that are not drawn. */
  readonly more?: number;
}

/** What flows from one step to another: `names`, or `why` it comes first where no name flows. */
export interface GraphEdge {
  readonly source: string;
  readonly target: string;
  readonly names?: readonly string[];
  readonly why?: readonly string[];
}

/** A pipeline as it is drawn; nodes in notebook order, which is a topological order. */
export interface Graph {
  readonly name?: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** How far a fan-out is, or a task's cells. */
export interface Count {
  readonly done: number;
  readonly total: number;
}

/**
 * How a step of a run, or the run, stands for a person: what is told to go on does not where nothing drives it any more.
 */
export type ShownState = State | 'INTERRUPTED';

/** How one step stands in a run. Times are seconds since the epoch; `why` is shown in words. */
export interface NodeStatus {
  readonly state: ShownState;
  readonly cached?: boolean;
  readonly started?: number | null;
  readonly finished?: number | null;
  readonly why?: string | null;
  readonly attempt?: number;
  readonly cells?: Count | null;
  readonly elements?: (Count & { readonly failed: number }) | null;
}

/** What stands on an edge: the names that flow, else why it is there. */
export function edgeLabel(edge: GraphEdge): string {
  const names = edge.names ?? [];
  return (names.length > 0 ? names : (edge.why ?? [])).join(', ');
}

/** Return what a step comes after, each with what flows from it: `load (rows, labels), clean (files)`; empty: nothing. */
export function inflow(edges: readonly GraphEdge[], name: string): string {
  const into = edges.filter(({ source, target }) => target === name && source !== name);
  return into.map(edge => edge.source + inBrackets(edge)).join(', ');
}

/** Return what comes after a step, each with what flows to it. */
export function outflow(edges: readonly GraphEdge[], name: string): string {
  const out = edges.filter(({ source, target }) => source === name && target !== name);
  return out.map(edge => edge.target + inBrackets(edge)).join(', ');
}

function inBrackets(edge: GraphEdge): string {
  const label = edgeLabel(edge);
  return label === '' ? '' : ` (${label})`;
}

/** Return `text` in at most `limit` characters, the last of them an ellipsis where some are left out. */
export function shortened(text: string, limit: number): string {
  const characters = [...text];
  return characters.length <= limit ? text : characters.slice(0, limit - 1).join('') + '…';
}
