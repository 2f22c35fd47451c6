/** Which nodes are seen: fan-outs are folded into one node until they are opened; then their elements stand above it. */

import { elementName } from '../model/run_state';
import type { Graph, GraphEdge, GraphNode, NodeStatus } from './model';

/** How many elements of an opened fan-out are drawn; those that failed are drawn beyond it. */
export const MOST_ELEMENTS = 60;

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
