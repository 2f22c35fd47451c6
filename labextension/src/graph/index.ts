/** What the rest of the extension uses of the graph. */

export type { Count, Graph, GraphEdge, GraphNode, NodeStatus } from './model';
export { lookOf, lookOfRun, showDuration, statusLine, type Look } from './look';
export { nodeStatuses } from './statuses';
export { GraphView, type GraphOptions } from './view';
