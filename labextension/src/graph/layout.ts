/** Where each node and edge of a graph stands. Pure: the same graph gives the same places. */

import { Graph as Dagre, layout as dagreLayout } from '@dagrejs/dagre';
import { edgeLabel, shortened, type Graph, type GraphEdge, type GraphNode } from './model';
import { layOutInRows } from './rows_layout';

/** A point in pixels, from the upper left corner of the drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A box: its middle and its size, in pixels. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** An edge as a line through `points`; `label` is the middle of what stands on it. */
export interface Route {
  readonly edge: GraphEdge;
  readonly points: readonly Point[];
  readonly label: Point | null;
}

/** A laid-out graph and the size of the drawing in pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly routes: readonly Route[];
}

/** Beyond so many nodes dagre takes longer than a keystroke may: rows alone are laid out, in a hundredth of the time. */
export const DAGRE_UP_TO = 80;
/** Edges beyond which names stand only in tooltips: more text than that covers the picture. */
export const LABELS_UP_TO = 60;
export const NODE_HEIGHT = 46;
const MARGIN = 10;
const CHARACTER = 7.8;
const LABEL_CHARACTER = 5.8;
const LABEL_LIMIT = 28;
export const NAME_LIMIT = 30;

/** Return how wide a node is drawn, in pixels. */
export function nodeWidth(node: GraphNode): number {
  const badges = (node.badges ?? []).reduce((sum, badge) => sum + badge.length * 6 + 14, 0);
  const fold = node.isFan ? 18 : 0;
  return Math.max(156, [...shortened(node.name, NAME_LIMIT)].length * CHARACTER + 34 + badges + fold);
}

/** Return what is written on an edge. */
export function shownLabel(edge: GraphEdge): string {
  return shortened(edgeLabel(edge), LABEL_LIMIT);
}

/** Lay out `graph`; edges whose ends it does not have, or from a node to itself, are left out. */
export function layOut(graph: Graph): Layout {
  const names = new Set(graph.nodes.map(node => node.name));
  const edges = graph.edges.filter(
    edge => names.has(edge.source) && names.has(edge.target) && edge.source !== edge.target
  );
  if (graph.nodes.length === 0) {
    return { width: 0, height: 0, boxes: new Map(), routes: [] };
  }
  return graph.nodes.length <= DAGRE_UP_TO && edges.length <= 3 * DAGRE_UP_TO
    ? byDagre(graph.nodes, edges)
    : layOutInRows(graph.nodes, edges, { width: nodeWidth, height: NODE_HEIGHT, margin: MARGIN });
}

function byDagre(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Layout {
  const dagre = new Dagre({ multigraph: false });
  dagre.setGraph({
    ranker: 'tight-tree',
    rankdir: 'TB',
    nodesep: 24,
    ranksep: 34,
    marginx: MARGIN,
    marginy: MARGIN
  });
  for (const node of nodes) {
    dagre.setNode(node.name, { width: nodeWidth(node), height: NODE_HEIGHT });
  }
  const labelled = edges.length <= LABELS_UP_TO;
  for (const edge of edges) {
    const text = labelled ? shownLabel(edge) : '';
    const size =
      text === '' ? {} : { width: text.length * LABEL_CHARACTER, height: 14, labelpos: 'c' as const };
    dagre.setEdge(edge.source, edge.target, size);
  }
  dagreLayout(dagre);
  const { width = 0, height = 0 } = dagre.graph() as { width?: number; height?: number };
  const boxes = new Map(
    nodes.map(node => {
      const { x, y, width, height } = dagre.node(node.name) as Box;
      return [node.name, { x, y, width, height }];
    })
  );
  const routes = edges.map(edge => {
    const placed = dagre.edge(edge.source, edge.target) as { points: Point[]; x?: number; y?: number };
    const { x, y } = placed;
    const label = x !== undefined && y !== undefined && labelled && shownLabel(edge) !== '' ? { x, y } : null;
    return { edge, points: placed.points.map(point => ({ x: point.x, y: point.y })), label };
  });
  return { width, height, boxes, routes };
}

/** Return the path of an SVG through `points`, rounded at each bend. */
export function pathThrough(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) {
    return '';
  }
  const at = (point: Point): string => `${round(point.x)} ${round(point.y)}`;
  let drawn = `M${at(first)}`;
  let from = first;
  rest.forEach((point, index) => {
    const next = rest[index + 1];
    // Between two bends the curve passes the middle of the line; the bend itself pulls it.
    const end = next === undefined ? point : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    drawn +=
      rest.length === 1
        ? steep(from, point)
        : next === undefined
          ? `L${at(end)}`
          : `Q${at(point)} ${at(end)}`;
    from = end;
  });
  return drawn;
}

function steep(from: Point, to: Point): string {
  const half = round((from.y + to.y) / 2);
  return `C${round(from.x)} ${half} ${round(to.x)} ${half} ${round(to.x)} ${round(to.y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
