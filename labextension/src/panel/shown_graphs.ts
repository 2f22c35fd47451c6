/** The graphs that are on screen, so that commands can zoom the one that a person used last. */

import type { GraphView } from '../graph';

const shown: GraphView[] = [];

/** Know a graph from now on as the one that was used last, until what is returned is called. */
export function addGraph(graph: GraphView): () => void {
  const useIt = (): void => {
    forget();
    shown.push(graph);
  };
  const forget = (): void => {
    const place = shown.indexOf(graph);
    if (place >= 0) {
      shown.splice(place, 1);
    }
  };
  useIt();
  graph.element.addEventListener('focusin', useIt);
  graph.element.addEventListener('pointerdown', useIt);
  return forget;
}

/** The graph that was used last of those that can be seen. */
export function graphInSight(): GraphView | null {
  return [...shown].reverse().find(({ element }) => element.getClientRects().length > 0) ?? null;
}
