/** Where nodes and edges stand. */

import { describe, expect, test } from 'vitest';
import { joined, MOST_ELEMENTS, MOST_RUNNING, unfolded } from '../src/graph/fold';
import { DAGRE_UP_TO, layOut, pathThrough, type Layout } from '../src/graph/layout';
import type { Graph, NodeStatus } from '../src/graph/model';
import { neighbour } from '../src/graph/navigation';

function graphOf(count: number, edges: [number, number][]): Graph {
  return {
    nodes: Array.from({ length: count }, (_, index) => ({ name: `n${index}` })),
    edges: edges.map(([source, target]) => ({ source: `n${source}`, target: `n${target}`, names: ['x'] }))
  };
}

function chain(count: number): Graph {
  return graphOf(
    count,
    Array.from({ length: count - 1 }, (_, index) => [index, index + 1])
  );
}

function overlaps({ boxes }: Layout): string[] {
  const all = [...boxes];
  return all.flatMap(([name, a], index) =>
    all
      .slice(index + 1)
      .filter(
        ([, b]) =>
          Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2
      )
      .map(([other]) => `${name} ${other}`)
  );
}

const SIZES = [1, 7, DAGRE_UP_TO, DAGRE_UP_TO + 1, 400];

describe('a layout', () => {
  test('of no steps is empty', () => {
    expect(layOut({ nodes: [], edges: [] })).toEqual({ width: 0, height: 0, boxes: new Map(), routes: [] });
  });

  test.each(SIZES)('of a chain of %i goes down, and no two boxes overlap', count => {
    const layout = layOut(chain(count));
    const heights = [...layout.boxes.values()].map(box => box.y);
    expect(heights).toEqual([...heights].sort((a, b) => a - b));
    expect(new Set(heights).size).toBe(count);
    expect(overlaps(layout)).toEqual([]);
  });

  test.each([8, 300])('of a fan of %i stays within its size without overlaps', count => {
    const edges = Array.from({ length: count }, (_, i): [number, number][] => [
      [0, i + 1],
      [i + 1, count + 1]
    ]).flat();
    const layout = layOut(graphOf(count + 2, edges));
    expect(overlaps(layout)).toEqual([]);
    for (const box of layout.boxes.values()) {
      expect(box.x - box.width / 2).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width / 2).toBeLessThanOrEqual(layout.width);
      expect(box.y + box.height / 2).toBeLessThanOrEqual(layout.height);
    }
  });

  test('leaves out edges to steps that are not there, and loops', () => {
    const graph = graphOf(2, [
      [0, 1],
      [0, 5],
      [1, 1]
    ]);
    expect(layOut(graph).routes.map(({ edge }) => [edge.source, edge.target])).toEqual([['n0', 'n1']]);
  });

  test('is the same for the same graph', () => {
    expect(layOut(chain(30))).toEqual(layOut(chain(30)));
  });

  test.each([3, DAGRE_UP_TO + 5])('of %i nodes survives edges in a circle', count => {
    const graph = chain(count);
    const circle = {
      ...graph,
      edges: [...graph.edges, { source: `n${count - 1}`, target: 'n0', names: ['y'] }]
    };
    expect(layOut(circle).boxes.size).toBe(count);
  });

  test('names edges only as long as names do not cover the picture', () => {
    expect(layOut(chain(5)).routes.every(route => route.label !== null)).toBe(true);
    expect(layOut(chain(90)).routes.every(route => route.label === null)).toBe(true);
  });
});

describe('a path', () => {
  test('of no points is empty', () => {
    expect(pathThrough([])).toBe('');
  });

  test('begins and ends at its ends', () => {
    const drawn = pathThrough([
      { x: 1, y: 2 },
      { x: 3, y: 4 },
      { x: 5, y: 6 }
    ]);
    expect(drawn).toBe('M1 2Q3 4 4 5L5 6');
  });
});

describe('arrow keys', () => {
  const { boxes } = layOut(
    graphOf(4, [
      [0, 1],
      [0, 2],
      [1, 3],
      [2, 3]
    ])
  );

  test('lead down to a step that follows and up again', () => {
    const below = neighbour(boxes, 'n0', 'ArrowDown');
    expect(['n1', 'n2']).toContain(below);
    expect(neighbour(boxes, below!, 'ArrowUp')).toBe('n0');
  });

  test('lead to the side within a row', () => {
    const [left, right] = boxes.get('n1')!.x < boxes.get('n2')!.x ? ['n1', 'n2'] : ['n2', 'n1'];
    expect(neighbour(boxes, left, 'ArrowRight')).toBe(right);
    expect(neighbour(boxes, right, 'ArrowLeft')).toBe(left);
    expect(neighbour(boxes, 'n0', 'ArrowRight')).toBe(null);
  });

  test('Home and End lead to the first and the last step', () => {
    expect(neighbour(boxes, 'n2', 'Home')).toBe('n0');
    expect(neighbour(boxes, 'n2', 'End')).toBe('n3');
  });
});

describe('a fan-out', () => {
  const graph: Graph = {
    nodes: [{ name: 'load' }, { name: 'fit', isFan: true }],
    edges: [{ source: 'load', target: 'fit', names: ['rates'] }]
  };
  const counts = { done: 0, failed: 0, total: 2 };

  test('is one node with what makes its items', () => {
    const nodes = ['load', 'fit[items]', 'fit', 'best'].map(name => ({ name }));
    const edges = [
      { source: 'load', target: 'fit[items]', names: ['rates'] },
      { source: 'load', target: 'fit', names: ['data', 'rates'] },
      { source: 'fit[items]', target: 'fit', names: ['x'] },
      { source: 'fit', target: 'best', names: ['fits'] }
    ];
    const seen = joined({ nodes, edges });
    expect(seen.nodes.map(node => node.name)).toEqual(['load', 'fit', 'best']);
    expect(seen.edges).toEqual([
      { source: 'load', target: 'fit', names: ['rates', 'data'], why: [] },
      { source: 'fit', target: 'best', names: ['fits'], why: [] }
    ]);
  });

  test('is one node while it is folded, or its elements are not known', () => {
    expect(unfolded(graph, new Set(), new Map())).toBe(graph);
    expect(unfolded(graph, new Set(['fit']), new Map())).toBe(graph);
  });

  test('that is open has its elements between what they take and what puts them together', () => {
    const seen = unfolded(
      graph,
      new Set(['fit']),
      new Map([['fit', { state: 'RUNNING', elements: counts }]])
    );
    expect(seen.nodes.map(node => node.name)).toEqual(['load', 'fit[0]', 'fit[1]', 'fit']);
    expect(seen.edges.map(edge => `${edge.source} ${edge.target} ${edge.names ?? ''}`)).toEqual([
      'load fit[0] rates',
      'load fit[1] rates',
      'fit[0] fit ',
      'fit[1] fit '
    ]);
  });

  test('of very many shows the first ones, and those that failed', () => {
    const statuses = new Map([
      ['fit', { state: 'RUNNING' as const, elements: { done: 0, failed: 1, total: 1000 } }],
      ['fit[900]', { state: 'FAILED' as const }]
    ]);
    const nodes = unfolded(graph, new Set(['fit']), statuses).nodes;
    expect(nodes.length).toBe(64);
    expect(nodes.map(node => node.name)).toContain('fit[900]');
    expect(nodes.filter(({ more }) => more !== undefined)).toEqual([
      { name: 'fit[…]', owner: 'fit', colour: undefined, more: 939 }
    ]);
  });

  test('of very many shows the chosen one and some of those that run, and counts the others', () => {
    const running = Array.from({ length: 200 }, (_, place) => `fit[${place + 500}]`);
    const statuses = new Map<string, NodeStatus>([
      ['fit', { state: 'RUNNING', elements: { done: 0, failed: 0, total: 1000 } }],
      ...running.map((name): [string, NodeStatus] => [name, { state: 'RUNNING' }])
    ]);
    const seen = unfolded(graph, new Set(['fit']), statuses, 'fit[999]');
    const names = seen.nodes.map(node => node.name);
    expect(names.slice(61, -2)).toEqual([...running.slice(0, MOST_RUNNING), 'fit[999]']);
    expect(seen.nodes.at(-2)!.more).toBe(1000 - MOST_ELEMENTS - MOST_RUNNING - 1);
    expect(seen.edges.filter(({ source }) => source === 'fit[…]')).toEqual([
      { source: 'fit[…]', target: 'fit' }
    ]);
  });

  test('of so many that all are drawn says nothing of more', () => {
    const statuses = new Map([['fit', { state: 'RUNNING' as const, elements: { ...counts, total: 60 } }]]);
    const { nodes } = unfolded(graph, new Set(['fit']), statuses);
    expect(nodes.filter(({ more }) => more !== undefined)).toEqual([]);
  });
});
