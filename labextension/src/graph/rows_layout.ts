/**
 * The layout of large graphs, in time that grows with their edges: rows by longest path, order in a row by barycentres.
 *
 * The method of kfnb/drawing/layout.py without bends: among many nodes a long edge is a line like any other.
 */

import type { Box, Layout, Point } from './layout';
import type { GraphEdge, GraphNode } from './model';

/** Sizes in pixels. */
export interface RowSizes {
  readonly width: (node: GraphNode) => number;
  readonly height: number;
  readonly margin: number;
}

const SWEEPS = 6;
const GAP = 22;
const ROW_GAP = 40;
/** Nodes in one line of a row; wider rows go on in a further line, so that a fan of 1,000 can still be looked at. */
const MOST_IN_LINE = 40;

/** Lay out `nodes`, given in topological order; edges that go up are drawn, but do not count. */
export function layOutInRows(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  sizes: RowSizes
): Layout {
  const order = new Map(nodes.map((node, index) => [node.name, index]));
  const above = nodes.map((): number[] => []);
  const below = nodes.map((): number[] => []);
  for (const edge of edges) {
    const source = order.get(edge.source)!;
    const target = order.get(edge.target)!;
    if (source < target) {
      below[source]!.push(target);
      above[target]!.push(source);
    }
  }
  const lines = inLines(ordered(rowsByLongestPath(above, below), above, below));
  const boxes = placed(lines, nodes, sizes);
  const routes = edges.map(edge => ({ edge, points: straight(boxes, edge), label: null }));
  const all = [...boxes.values()];
  return {
    width: all.reduce((most, box) => Math.max(most, box.x + box.width / 2), 0) + sizes.margin,
    height: all.reduce((most, box) => Math.max(most, box.y + box.height / 2), 0) + sizes.margin,
    boxes,
    routes
  };
}

function rowsByLongestPath(above: number[][], below: number[][]): number[][] {
  const row = above.map(() => 0);
  above.forEach((sources, index) => {
    row[index] = sources.reduce((most, source) => Math.max(most, row[source]! + 1), 0);
  });
  for (let index = row.length - 1; index >= 0; index--) {
    // a step that waits for nothing stands just above the first that needs it
    if (above[index]!.length === 0 && below[index]!.length > 0) {
      row[index] = below[index]!.reduce((least, target) => Math.min(least, row[target]!), Infinity) - 1;
    }
  }
  const rows: number[][] = [];
  row.forEach((number, index) => (rows[number] ??= []).push(index));
  return Array.from(rows, members => members ?? []);
}

function ordered(rows: number[][], above: number[][], below: number[][]): number[][] {
  // Middles run from 0 to 1 in every row, so that neighbours in rows of any length can be compared.
  const middle = new Map<number, number>();
  const note = (row: readonly number[]): void =>
    row.forEach((node, index) => middle.set(node, (index + 0.5) / row.length));
  rows.forEach(note);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? rows : [...rows].reverse()) {
      const wanted = new Map(row.map(node => [node, mean((isDown ? above : below)[node]!, middle, node)]));
      row.sort((a, b) => wanted.get(a)! - wanted.get(b)! || a - b);
      note(row);
    }
  }
  return rows;
}

function mean(neighbours: readonly number[], middle: ReadonlyMap<number, number>, node: number): number {
  if (neighbours.length === 0) {
    return middle.get(node)!;
  }
  return neighbours.reduce((sum, neighbour) => sum + middle.get(neighbour)!, 0) / neighbours.length;
}

function inLines(rows: readonly number[][]): number[][] {
  return rows.flatMap(row => {
    const count = Math.max(1, Math.ceil(row.length / MOST_IN_LINE));
    const each = Math.ceil(row.length / count);
    return Array.from({ length: count }, (_, line) => row.slice(line * each, (line + 1) * each));
  });
}

function placed(lines: readonly number[][], nodes: readonly GraphNode[], sizes: RowSizes): Map<string, Box> {
  const widths = lines.map(line => line.reduce((sum, node) => sum + sizes.width(nodes[node]!) + GAP, -GAP));
  const widest = widths.reduce((most, width) => Math.max(most, width), 0);
  const boxes = new Map<string, Box>();
  lines.forEach((line, number) => {
    let left = sizes.margin + (widest - widths[number]!) / 2;
    const y = sizes.margin + number * (sizes.height + ROW_GAP) + sizes.height / 2;
    for (const index of line) {
      const node = nodes[index]!;
      const width = sizes.width(node);
      boxes.set(node.name, { x: left + width / 2, y, width, height: sizes.height });
      left += width + GAP;
    }
  });
  return boxes;
}

function straight(boxes: ReadonlyMap<string, Box>, edge: GraphEdge): Point[] {
  const source = boxes.get(edge.source)!;
  const target = boxes.get(edge.target)!;
  return [
    { x: source.x, y: source.y + source.height / 2 },
    { x: target.x, y: target.y - target.height / 2 }
  ];
}
