/** Which nodes are seen: fan-outs are folded into one node until they are opened; then their elements stand above it. */

import { elementName, headName } from '../model/run_state';
import type { Graph, GraphEdge, GraphNode, NodeStatus } from './model';

/** How many elements of an opened fan-out are drawn; those that failed are drawn beyond it. */
export const MOST_ELEMENTS = 60;

/** Return the graph with each fan-out as one node: what makes its items is part of it. */
export function joined(graph: Graph): Graph {
  const names = new Set(graph.nodes.map(node => node.name));
  const owners = new Map(
    graph.nodes.filter(node => names.has(headName(node.name))).map(node => [headName(node.name), node.name])
  );
  if (owners.size === 0) {
    return graph;
  }
  const edges = new Map<string, GraphEdge>();
  for (const edge of graph.edges) {
    const source = owners.get(edge.source) ?? edge.source;
    const target = owners.get(edge.target) ?? edge.target;
    if (source !== target) {
      const key = JSON.stringify([source, target]);
      const before = edges.get(key);
      const union = (kind: 'names' | 'why'): string[] => [
        ...new Set([...(before?.[kind] ?? []), ...(edge[kind] ?? [])])
      ];
      edges.set(key, { source, target, names: union('names'), why: union('why') });
    }
  }
  const nodes = graph.nodes.filter(node => !owners.has(node.name));
  return { ...graph, nodes, edges: [...edges.values()] };
}

/** Return the graph with the elements of the fan-outs in `open`, as far as `statuses` know them. */
export function unfolded(
  graph: Graph,
  open: ReadonlySet<string>,
  statuses: ReadonlyMap<string, NodeStatus>
): Graph {
  const elements = new Map<string, string[]>();
  for (const name of open) {
    const drawn = drawnElements(name, statuses);
    if (drawn.length > 0) {
      elements.set(name, drawn);
    }
  }
  if (elements.size === 0) {
    return graph;
  }
  const nodes = graph.nodes.flatMap((node): GraphNode[] => [
    ...(elements.get(node.name) ?? []).map(name => ({ name, owner: node.name, colour: node.colour })),
    node
  ]);
  const edges = graph.edges.flatMap((edge): GraphEdge[] => {
    const targets = elements.get(edge.target);
    return targets === undefined ? [edge] : targets.map(target => ({ ...edge, target }));
  });
  for (const [owner, names] of elements) {
    edges.push(...names.map(source => ({ source, target: owner })));
  }
  return { ...graph, nodes, edges };
}

function drawnElements(owner: string, statuses: ReadonlyMap<string, NodeStatus>): string[] {
  const total = statuses.get(owner)?.elements?.total ?? 0;
  const found: string[] = [];
  for (let number = 0; number < total; number++) {
    const name = elementName(owner, number);
    if (number < MOST_ELEMENTS || statuses.get(name)?.state === 'FAILED') {
      found.push(name);
    }
  }
  return found;
}
