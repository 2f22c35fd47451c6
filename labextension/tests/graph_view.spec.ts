/** The picture of a pipeline in the page: what it says, how it changes, how it is used by mouse and keys. */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { GraphView, type Graph, type GraphOptions, type NodeStatus } from '../src/graph';
import { addGraph, graphInSight } from '../src/panel/shown_graphs';

const GRAPH: Graph = {
  name: 'quickstart',
  nodes: [
    { name: 'load', colour: 'teal' },
    { name: 'train', badges: ['GPU 1'] },
    { name: 'fit', isFan: true }
  ],
  edges: [
    { source: 'load', target: 'train', names: ['rows', 'labels'] },
    { source: 'load', target: 'fit', why: ['files'] }
  ]
};
const shown: GraphView[] = [];

function show(graph: Graph = GRAPH, options: GraphOptions = {}): GraphView {
  const view = new GraphView(document.body, { now: () => 1000, ...options });
  shown.push(view);
  view.setGraph(graph);
  return view;
}

function node(view: GraphView, name: string): SVGGElement {
  const found = [...view.element.querySelectorAll<SVGGElement>('.kfnb-graph-node')].find(
    element => element.dataset.node === name
  );
  expect(found, name).toBeDefined();
  return found!;
}

function press(element: Element, key: string): void {
  element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
}

const statuses = (given: Record<string, NodeStatus>): Map<string, NodeStatus> =>
  new Map(Object.entries(given));

afterEach(() => {
  shown.splice(0).forEach(view => view.dispose());
  vi.useRealTimers();
});

describe('the picture', () => {
  test('names every step and what flows', () => {
    const view = show();
    const labels = [...view.element.querySelectorAll('.kfnb-graph-label')].map(
      text => text.firstChild?.nodeValue
    );
    expect(labels).toEqual(['rows, labels', 'files']);
    expect(node(view, 'load').getAttribute('aria-label')).toBe('load');
    expect(node(view, 'train').getAttribute('aria-label')).toBe('train (GPU 1). After load (rows, labels)');
    expect(node(view, 'fit').getAttribute('aria-label')).toBe('fit. After load (files)');
    expect(view.element.querySelector('svg')?.getAttribute('aria-label')).toBe('Pipeline quickstart');
  });

  test('of no steps says so', () => {
    const view = show({ nodes: [], edges: [] }, { emptyText: 'Tag a cell.' });
    expect(view.element.querySelector<HTMLElement>('.kfnb-graph-empty')?.style.display).toBe('');
    expect(view.element.textContent).toContain('Tag a cell.');
  });

  test('shows names as text whatever they are', () => {
    const name = '<script>alert(1)</script>"&é';
    const view = show({ nodes: [{ name }], edges: [{ source: name, target: name, names: ['<b>'] }] });
    expect(view.element.querySelector('script')).toBe(null);
    expect(node(view, name).getAttribute('aria-label')).toBe(name);
  });

  test('is gone after dispose', () => {
    const view = show();
    view.dispose();
    expect(document.body.contains(view.element)).toBe(false);
  });
});

describe('an update', () => {
  test('says state, time, progress and reason of each step', () => {
    const view = show();
    view.update(
      statuses({
        load: { state: 'SUCCEEDED', started: 990, finished: 992.34 },
        train: { state: 'RUNNING', started: 995, cells: { done: 1, total: 4 } },
        fit: { state: 'PENDING', why: 'no GPU is free' }
      })
    );
    expect(node(view, 'load').getAttribute('aria-label')).toBe('load: succeeded, 2.3 s');
    expect(node(view, 'train').querySelector('.kfnb-graph-state')?.textContent).toBe('▶ running · 5 s · 1/4');
    expect(node(view, 'fit').querySelector('title')?.textContent).toBe('fit: waiting. no GPU is free');
  });

  test('tells a step from the cache and one that was repeated', () => {
    const view = show();
    view.update(
      statuses({
        load: { state: 'SUCCEEDED', cached: true, started: 1, finished: 1 },
        train: { state: 'FAILED', started: 1, finished: 3, attempt: 2, why: 'ValueError' }
      })
    );
    expect(node(view, 'load').querySelector('.kfnb-graph-state')?.textContent).toBe('⚡ cached');
    expect(node(view, 'train').getAttribute('aria-label')).toBe(
      'train (GPU 1): failed, 2.0 s, attempt 2. ValueError. After load (rows, labels)'
    );
  });

  test('touches only the steps that changed', async () => {
    const view = show();
    const load: NodeStatus = { state: 'SUCCEEDED', started: 1, finished: 2 };
    view.update(statuses({ load, train: { state: 'PENDING' } }));
    const changed: Element[] = [];
    const observer = new MutationObserver(records =>
      records.forEach(({ target }) =>
        changed.push(
          (target instanceof Element ? target : target.parentElement!).closest('.kfnb-graph-node')!
        )
      )
    );
    observer.observe(view.element, { subtree: true, attributes: true, childList: true, characterData: true });
    view.update(statuses({ load, train: { state: 'RUNNING', started: 1000 } }));
    await Promise.resolve();
    observer.disconnect();
    expect(new Set(changed)).toEqual(new Set([node(view, 'train')]));
  });

  test('lets the time of a running step pass, and stops with it', () => {
    vi.useFakeTimers();
    let now = 1000;
    const view = show(GRAPH, { now: () => now });
    view.update(statuses({ load: { state: 'RUNNING', started: 1000 } }));
    now = 1007;
    vi.advanceTimersByTime(1000);
    expect(node(view, 'load').textContent).toContain('7 s');
    view.update(statuses({ load: { state: 'SUCCEEDED', started: 1000, finished: 1007 } }));
    expect(vi.getTimerCount()).toBe(0);
  });

  test('keeps what is drawn where the graph is the same', () => {
    const view = show();
    const before = node(view, 'load');
    view.setGraph(JSON.parse(JSON.stringify(GRAPH)));
    expect(node(view, 'load')).toBe(before);
  });
});

describe('choosing', () => {
  test('by a click tells the name and marks step and edges', () => {
    const onChoose = vi.fn();
    const view = show(GRAPH, { onChoose });
    node(view, 'train').dispatchEvent(new MouseEvent('click', { bubbles: true }));
    expect(onChoose.mock.calls).toEqual([['train']]);
    expect(view.selected).toBe('train');
    expect(node(view, 'train').getAttribute('aria-pressed')).toBe('true');
    expect(view.element.querySelectorAll('.kfnb-graph-edge.kfnb-mod-near').length).toBe(1);
  });

  test('from outside tells nobody', () => {
    const onChoose = vi.fn();
    const view = show(GRAPH, { onChoose });
    view.select('load');
    view.select(null);
    expect(onChoose).not.toHaveBeenCalled();
    expect(node(view, 'load').getAttribute('aria-pressed')).toBe('false');
  });
});

describe('the keyboard', () => {
  test('reaches one step by Tab and the others by arrows', () => {
    const onChoose = vi.fn();
    const view = show(GRAPH, { onChoose });
    const tabbable = () => [...view.element.querySelectorAll('[tabindex="0"]')];
    expect(tabbable()).toEqual([node(view, 'load')]);
    node(view, 'load').focus();
    press(node(view, 'load'), 'ArrowDown');
    const below = document.activeElement!;
    expect(tabbable()).toEqual([below]);
    press(below, 'Enter');
    expect(onChoose).toHaveBeenCalledTimes(1);
  });

  test('opens and folds a fan-out with the space bar', () => {
    const view = show();
    view.update(statuses({ fit: { state: 'RUNNING', elements: { done: 0, failed: 0, total: 2 } } }));
    node(view, 'fit').focus();
    press(node(view, 'fit'), ' ');
    expect(node(view, 'fit').getAttribute('aria-expanded')).toBe('true');
    expect(document.activeElement).toBe(node(view, 'fit'));
    expect(node(view, 'fit').getAttribute('aria-label')).toMatch(/After load \(files\)$/);
    expect(node(view, 'fit[1]').getAttribute('aria-label')).toMatch(/After load \(files\)$/);
    expect(node(view, 'fit[1]').querySelector('.kfnb-graph-name')?.textContent).toBe('[1]');
    press(node(view, 'fit'), ' ');
    expect(view.element.querySelectorAll('.kfnb-graph-node').length).toBe(3);
  });

  test('a node that stands for elements that are not drawn leads to their fan-out', () => {
    const onChoose = vi.fn();
    const view = show(GRAPH, { onChoose });
    view.setOpen('fit', true);
    view.update(statuses({ fit: { state: 'RUNNING', elements: { done: 0, failed: 0, total: 1000 } } }));
    const more = node(view, 'fit[…]');
    expect(more.querySelector('.kfnb-graph-name')?.textContent).toBe('+940 more');
    expect(more.getAttribute('aria-label')).toBe('940 more elements (fit)');
    press(more, 'Enter');
    expect(onChoose.mock.calls).toEqual([['fit']]);
  });

  test('an element that is chosen from outside is drawn, however many there are, and stays chosen', () => {
    const view = show();
    view.update(statuses({ fit: { state: 'RUNNING', elements: { done: 0, failed: 0, total: 1000 } } }));
    view.select('fit[900]');
    view.setOpen('fit', true);
    expect(node(view, 'fit[900]').getAttribute('aria-pressed')).toBe('true');
    view.select('fit[901]');
    expect(node(view, 'fit[901]').getAttribute('aria-pressed')).toBe('true');
    expect(view.element.querySelectorAll('[data-node="fit[900]"]').length).toBe(0);
  });

  test('the fan-out that is chosen, or of which an element is, is opened and folded', () => {
    const view = show();
    const drawn = (): number => view.element.querySelectorAll('.kfnb-graph-node').length;
    view.update(statuses({ fit: { state: 'RUNNING', elements: { done: 0, failed: 0, total: 2 } } }));
    view.select('load');
    expect(view.chosenFanOut).toBeNull();
    for (const chosen of ['fit', 'fit[1]']) {
      view.select(chosen);
      expect(view.chosenFanOut).toBe('fit');
      view.toggle('fit');
      expect(drawn()).toBe(5);
      view.toggle('fit');
      expect(drawn()).toBe(3);
    }
  });

  test('zooms', () => {
    const view = show();
    const drawing = view.element.querySelector('svg > g')!;
    press(node(view, 'load'), '+');
    expect(drawing.getAttribute('transform')).toContain('scale(1.25)');
    press(node(view, 'load'), '-');
    expect(drawing.getAttribute('transform')).toContain('scale(1)');
  });
});

describe('of several graphs', () => {
  test('the one that was used last of those that are seen is the one that commands are about', () => {
    const views = [show(), show(), show()];
    const [first, second, third] = views as [GraphView, GraphView, GraphView];
    for (const { element } of [first, second]) {
      element.getClientRects = () => [{}] as unknown as DOMRectList;
    }
    const forgets = views.map(view => addGraph(view));
    expect(graphInSight()).toBe(second);
    node(first, 'load').dispatchEvent(new Event('pointerdown', { bubbles: true }));
    node(third, 'load').dispatchEvent(new Event('focusin', { bubbles: true }));
    expect(graphInSight()).toBe(first);
    forgets.forEach(forget => forget());
    expect(graphInSight()).toBe(null);
  });
});

describe('a large graph', () => {
  function sized(view: GraphView, width: number, height: number): SVGSVGElement {
    const canvas = view.element.querySelector('svg')!;
    Object.defineProperty(canvas, 'clientWidth', { value: width });
    Object.defineProperty(canvas, 'clientHeight', { value: height });
    return canvas;
  }
  const chain: Graph = {
    nodes: Array.from({ length: 200 }, (_, index) => ({ name: `n${index}` })),
    edges: Array.from({ length: 199 }, (_, index) => ({ source: `n${index}`, target: `n${index + 1}` }))
  };

  test('begins readable, and is seen as a whole when that is asked for', () => {
    const view = show({ nodes: [], edges: [] });
    const drawing = sized(view, 300, 400).querySelector(':scope > g')!;
    view.setGraph(chain);
    expect(drawing.getAttribute('transform')).toMatch(/ 0\) scale\(0\.45\)$/);
    view.fit();
    expect(drawing.getAttribute('transform')).toMatch(/scale\(0\.05\)$/);
  });

  test('brings a step into sight when it is chosen, and not again when the graph is given or drawn anew', () => {
    const view = show({ nodes: [], edges: [] });
    const canvas = sized(view, 300, 400);
    const drawing = canvas.querySelector(':scope > g')!;
    const seen = (): string | null => drawing.getAttribute('transform');
    const point = (kind: string, at: number): boolean =>
      canvas.dispatchEvent(new MouseEvent(kind, { clientX: 0, clientY: at, button: 0 }));
    view.setGraph(chain);
    const beginning = seen();
    view.select('n150');
    expect(seen()).not.toBe(beginning);
    point('pointerdown', 0);
    point('pointermove', 300);
    point('pointerup', 300);
    const moved = seen();
    view.setGraph({ ...chain, name: 'edited' });
    view.select('n150');
    expect(seen()).toBe(moved);
    view.select('n10');
    expect(seen()).not.toBe(moved);
  });

  test('is scrolled by the wheel as far as it goes, then the page is', () => {
    const view = show({ nodes: [], edges: [] });
    const canvas = sized(view, 300, 400);
    view.setGraph(chain);
    const wheel = (deltaY: number): boolean => {
      const event = new WheelEvent('wheel', { deltaY, bubbles: true, cancelable: true });
      canvas.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect([wheel(-50), wheel(100), wheel(1e6), wheel(100)]).toEqual([false, true, true, false]);
  });
});
