/** Which nodes are seen: fan-outs are folded into one node until they are opened; then their elements stand above it. */

import { elementName, headName } from '../model/run_state';
import type { Graph, GraphEdge, GraphNode, NodeStatus } from './model';

/** How many elements of an opened fan-out are drawn; the chosen one and those that failed are drawn beyond it. */
export const MOST_ELEMENTS = 60;
/** How many elements that run are drawn beyond it. */
export const MOST_RUNNING = 20;

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

/**
 * Return the graph with the elements of the fan-outs in `open`, as far as `statuses` know them: of very many some, the
 * one that is `chosen` among them, and a node that says how many more there are.
 */
export function unfolded(
  graph: Graph,
  open: ReadonlySet<string>,
  statuses: ReadonlyMap<string, NodeStatus>,
  chosen: string | null = null
): Graph {
  const elements = new Map<string, GraphNode[]>();
  for (const { name, colour } of graph.nodes.filter(node => open.has(node.name))) {
    const { drawn, more } = drawnElements(name, statuses, chosen);
    if (drawn.length > 0) {
      const left: GraphNode[] = more === 0 ? [] : [{ name: `${name}[…]`, owner: name, colour, more }];
      elements.set(name, [...drawn.map(element => ({ name: element, owner: name, colour })), ...left]);
    }
  }
  if (elements.size === 0) {
    return graph;
  }
  const nodes = graph.nodes.flatMap((node): GraphNode[] => [...(elements.get(node.name) ?? []), node]);
  const edges = graph.edges.flatMap((edge): GraphEdge[] => {
    const targets = elements.get(edge.target);
    return targets === undefined ? [edge] : targets.map(({ name }) => ({ ...edge, target: name }));
  });
  for (const [owner, nodes] of elements) {
    edges.push(...nodes.map(({ name }) => ({ source: name, target: owner })));
  }
  return { ...graph, nodes, edges };
}

/** The elements of a fan-out that are drawn, and how many more there are. */
function drawnElements(
  owner: string,
  statuses: ReadonlyMap<string, NodeStatus>,
  chosen: string | null
): { drawn: string[]; more: number } {
  const total = statuses.get(owner)?.elements?.total ?? 0;
  const drawn: string[] = [];
  let running = 0;
  for (let number = 0; number < total; number++) {
    const name = elementName(owner, number);
    const state = statuses.get(name)?.state;
    if (number < MOST_ELEMENTS || name === chosen || state === 'FAILED') {
      drawn.push(name);
    } else if ((state === 'RUNNING' || state === 'INTERRUPTED') && running < MOST_RUNNING) {
      running += 1;
      drawn.push(name);
    }
  }
  return { drawn, more: total - drawn.length };
}
