/**
 * The pipeline as a living picture: the panel's *Pipeline* tab, a run's page and the notebook's widget show it.
 *
 * It knows nothing of JupyterLab. It draws a graph, shows how its steps stand, changing only what changed, and says
 * which one is chosen.
 */

import { joined, unfolded } from './fold';
import { layOut, pathThrough, shownLabel, type Layout, type Route } from './layout';
import { edgeLabel, inflow, type Graph, type GraphEdge, type NodeStatus } from './model';
import { neighbour } from './navigation';
import { NodeView } from './node_view';
import { GRAPH_STYLE } from './style';
import { html, svg } from './svg';
import { Viewport } from './viewport';
import { ownerOf } from '../model/run_state';
import { trans } from '../model/words';

/** What the graph's owner gives it. */
export interface GraphOptions {
  /** A step was clicked, or Enter pressed on it. */
  readonly onChoose?: (name: string) => void;
  /** What is said where there is no step. */
  readonly emptyText?: string;
  /** Seconds since the epoch; the clock that events are timed by. */
  readonly now?: () => number;
}

/** What is fitted by itself stays at least so large; the rest is to be scrolled to. */
const READABLE = 0.45;
let serial = 0;

/** A drawn graph in a host element, until `dispose`. */
export class GraphView {
  readonly element: HTMLElement;
  private readonly _svg: SVGSVGElement;
  private readonly _drawing: SVGGElement;
  private readonly _empty: HTMLElement;
  private readonly _viewport: Viewport;
  private readonly _options: GraphOptions;
  private readonly _arrow = `kfnb-arrow-${serial++}`;
  private readonly _open = new Set<string>();
  private readonly _resizes: ResizeObserver | null;
  private _graph: Graph = { nodes: [], edges: [] };
  /** The edges of the graph by where they lead. */
  private _into = new Map<string, GraphEdge[]>();
  private _drawn = '';
  private _layout: Layout = layOut(this._graph);
  private _nodes = new Map<string, NodeView>();
  private _routes: { route: Route; parts: SVGElement[] }[] = [];
  private _statuses: ReadonlyMap<string, NodeStatus> = new Map();
  private _selected: string | null = null;
  private _focus: string | null = null;
  private _timer: ReturnType<typeof setInterval> | undefined;
  /** The chosen step that was brought into sight: where a person has looked elsewhere since, that stays. */
  private _revealed: string | null = null;

  constructor(host: HTMLElement, options: GraphOptions = {}) {
    this._options = options;
    this._drawing = svg('g');
    this._svg = svg('svg', { class: 'kfnb-graph-canvas', role: 'group' }, [this._arrowHead(), this._drawing]);
    this._empty = html('div', { class: 'kfnb-graph-empty' }, [
      options.emptyText ?? trans.__('No steps yet.')
    ]);
    this.element = html('div', { class: 'kfnb-graph' }, [
      html('style', {}, [GRAPH_STYLE]),
      this._svg,
      this._empty,
      this._tools()
    ]);
    host.append(this.element);
    this._viewport = new Viewport(this._svg, this._drawing, () => this._layout);
    this._svg.addEventListener('click', event => this._onClick(event));
    this._svg.addEventListener('keydown', event => this._onKey(event));
    this._svg.addEventListener('contextmenu', event => this._onMenu(event));
    this._svg.addEventListener('focusin', event => this._onFocus(event));
    this._resizes =
      typeof ResizeObserver === 'undefined'
        ? null
        : new ResizeObserver(() => this._viewport.isFitted && this._viewport.fit(READABLE));
    this._resizes?.observe(this._svg);
    this._draw();
  }

  /** The chosen step. */
  get selected(): string | null {
    return this._selected;
  }

  /** Height of the drawing in its own size, in pixels. */
  get height(): number {
    return this._layout.height;
  }

  /** Draw another graph; one that looks the same is not drawn again. */
  setGraph(graph: Graph): void {
    this._graph = joined(graph);
    this._into = new Map();
    for (const edge of this._graph.edges) {
      const others = this._into.get(edge.target) ?? [];
      this._into.set(edge.target, [...others, edge]);
    }
    this._draw();
  }

  /** Show how the steps stand; one that is not named has no state. Elements of fan-outs are named too. */
  update(statuses: ReadonlyMap<string, NodeStatus>): void {
    const before = this._statuses;
    this._statuses = statuses;
    if (this._open.size > 0) {
      this._draw(); // it may have got elements
    }
    const now = this._now();
    for (const [name, view] of this._nodes) {
      if (before.get(name) !== statuses.get(name)) {
        view.update(statuses.get(name), now);
      }
    }
    this._keepTime();
  }

  /** Choose a step from outside, without telling; null chooses none. */
  select(name: string | null): void {
    this._selected = name;
    if (this._open.size > 0) {
      this._draw(); // of very many elements the chosen one is drawn
    }
    for (const [other, view] of this._nodes) {
      view.isSelected = other === name;
    }
    for (const { route, parts } of this._routes) {
      const isNear = name !== null && (route.edge.source === name || route.edge.target === name);
      parts.forEach(part => part.classList.toggle('kfnb-mod-near', isNear));
    }
    const chosen = this._nodes.get(name ?? '');
    if (chosen !== undefined) {
      this._setFocusable(name!);
      if (name !== this._revealed) {
        this._viewport.reveal(chosen.box);
      }
    }
    this._revealed = chosen === undefined ? null : name;
  }

  /** Open a fan-out, so that its elements are seen, or fold it. */
  setOpen(name: string, isOpen: boolean): void {
    if (isOpen) {
      this._open.add(name);
    } else {
      this._open.delete(name);
    }
    this._draw();
  }

  /** The fan-out that is chosen, or of which an element is; null: none. */
  get chosenFanOut(): string | null {
    const owner = ownerOf(this._selected ?? '');
    return this._graph.nodes.find(({ name, isFan }) => isFan && name === owner)?.name ?? null;
  }

  /** Open a fan-out that is folded, or fold it. */
  toggle(name: string): void {
    this.setOpen(name, !this._open.has(name));
  }

  /** Show the whole graph, however small. */
  fit(): void {
    this._viewport.fit();
  }

  /** Zoom in (above 0) or out by so many steps. */
  zoom(steps: number): void {
    this._viewport.zoom(steps);
  }

  /** Remove the picture and end everything about it. */
  dispose(): void {
    clearInterval(this._timer);
    this._resizes?.disconnect();
    this._viewport.dispose();
    this.element.remove();
  }

  private _now(): number {
    return this._options.now?.() ?? Date.now() / 1000;
  }

  private _draw(): void {
    const shown = unfolded(this._graph, this._open, this._statuses, this._selected);
    const drawn = JSON.stringify([shown, [...this._open]]);
    if (drawn === this._drawn) {
      return;
    }
    this._drawn = drawn;
    const hadFocus = this._drawing.contains(document.activeElement);
    this._layout = layOut(shown);
    this._nodes = new Map(
      shown.nodes.map(node => {
        const { name } = node;
        const after =
          node.more === undefined ? inflow(this._into.get(node.owner ?? name) ?? [], node.owner ?? name) : '';
        return [name, new NodeView(node, this._layout.boxes.get(name)!, this._open.has(name), after)];
      })
    );
    this._routes = this._layout.routes.map(route => ({ route, parts: this._edge(route) }));
    const edges = svg(
      'g',
      { 'aria-hidden': 'true' },
      this._routes.flatMap(({ parts }) => parts)
    );
    this._drawing.replaceChildren(edges, ...[...this._nodes.values()].map(view => view.element));
    this._svg.setAttribute('aria-label', [trans.__('Pipeline'), shown.name].filter(Boolean).join(' '));
    this._svg.style.display = shown.nodes.length > 0 ? '' : 'none';
    this._empty.style.display = shown.nodes.length > 0 ? 'none' : '';
    const now = this._now();
    this._nodes.forEach((view, name) => view.update(this._statuses.get(name), now));
    if (this._viewport.isFitted) {
      this._viewport.fit(READABLE);
      this._revealed = null;
    }
    this._restore(hadFocus);
    this._keepTime();
  }

  private _restore(hadFocus: boolean): void {
    const focus = this._nodes.has(this._focus ?? '') ? this._focus : (this._graph.nodes[0]?.name ?? null);
    this.select(this._isThere(this._selected) ? this._selected : null);
    if (focus !== null) {
      this._setFocusable(focus);
      if (hadFocus) {
        this._nodes.get(focus)?.element.focus();
      }
    }
  }

  /** Whether a step is in the graph, or the fan-out that it is an element of. */
  private _isThere(name: string | null): boolean {
    return name !== null && this._graph.nodes.some(node => node.name === name || node.name === ownerOf(name));
  }

  private _edge(route: Route): SVGElement[] {
    const { edge } = route;
    const isOrder = (edge.names ?? []).length === 0 && (edge.why ?? []).length > 0;
    const label = edgeLabel(edge);
    const title = svg('title');
    title.textContent = `${edge.source} → ${edge.target}` + (label === '' ? '' : `: ${label}`);
    const line = svg(
      'path',
      {
        d: pathThrough(route.points),
        class: isOrder ? 'kfnb-graph-edge kfnb-mod-order' : 'kfnb-graph-edge',
        'marker-end': `url(#${this._arrow})`
      },
      [title]
    );
    if (route.label === null) {
      return [line];
    }
    const text = svg('text', { x: route.label.x, y: route.label.y + 3.5, class: 'kfnb-graph-label' });
    text.textContent = shownLabel(edge);
    text.append(title.cloneNode(true));
    return [line, text];
  }

  private _arrowHead(): SVGDefsElement {
    const size = {
      viewBox: '0 0 8 8',
      refX: 7,
      refY: 4,
      markerWidth: 9,
      markerHeight: 9,
      orient: 'auto',
      markerUnits: 'userSpaceOnUse'
    };
    const head = svg('path', { d: 'M0 0L8 4L0 8z', class: 'kfnb-graph-arrow' });
    return svg('defs', {}, [svg('marker', { id: this._arrow, ...size }, [head])]);
  }

  private _tools(): HTMLElement {
    const button = (text: string, caption: string, act: () => void): HTMLElement => {
      const made = html('button', { type: 'button', title: caption, 'aria-label': caption }, [text]);
      made.addEventListener('click', act);
      return made;
    };
    return html('div', { class: 'kfnb-graph-tools' }, [
      button('+', trans.__('Zoom in'), () => this.zoom(1)),
      button('−', trans.__('Zoom out'), () => this.zoom(-1)),
      button('⤢', trans.__('Show the whole pipeline'), () => this.fit())
    ]);
  }

  private _nameAt(target: EventTarget | null): string | null {
    const node = target instanceof Element ? target.closest<SVGGElement>('.kfnb-graph-node') : null;
    return node?.dataset.node ?? null;
  }

  /** The task that is meant by a node: the fan-out by one that stands for elements that are not drawn. */
  private _taskOf(name: string): string {
    const node = this._nodes.get(name)?.node;
    return node?.more === undefined ? name : node.owner!;
  }

  /** Say which step a menu that opens now is of; whoever opens it reads `data-pointed` of the graph's element. */
  private _onMenu(event: MouseEvent): void {
    const name = this._nameAt(event.target);
    if (name === null) {
      delete this.element.dataset.pointed;
    } else {
      this.element.dataset.pointed = this._taskOf(name);
    }
  }

  private _onClick(event: MouseEvent): void {
    const name = this._nameAt(event.target);
    if (name === null) {
      return;
    }
    if (event.target instanceof Element && event.target.closest('.kfnb-graph-foldmark') !== null) {
      this.toggle(name);
    } else {
      this._choose(name);
    }
  }

  private _choose(name: string): void {
    const task = this._taskOf(name);
    this.select(task);
    this._options.onChoose?.(task);
  }

  private _onKey(event: KeyboardEvent): void {
    const name = this._nameAt(event.target);
    if (name === null || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const next = neighbour(this._layout.boxes, name, event.key);
    if (next !== null) {
      this._nodes.get(next)?.element.focus();
    } else if (event.key === 'Enter') {
      this._choose(name);
    } else if (event.key === ' ' && this._nodes.get(name)?.node.isFan) {
      this.toggle(name);
    } else if (event.key === ' ') {
      this._choose(name);
    } else if (event.key === '+' || event.key === '-') {
      this.zoom(event.key === '+' ? 1 : -1);
    } else if (event.key === '0') {
      this.fit();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private _onFocus(event: FocusEvent): void {
    const name = this._nameAt(event.target);
    if (name !== null) {
      this._setFocusable(name);
      this._viewport.reveal(this._nodes.get(name)!.box);
    }
  }

  /** Let Tab lead to this one node; arrows lead to the others. */
  private _setFocusable(name: string): void {
    this._nodes.get(this._focus ?? '')?.element.setAttribute('tabindex', '-1');
    this._focus = name;
    this._nodes.get(name)?.element.setAttribute('tabindex', '0');
  }

  private _keepTime(): void {
    const isTicking = [...this._nodes.values()].some(view => view.isTicking);
    if (!isTicking) {
      clearInterval(this._timer);
      this._timer = undefined;
    } else if (this._timer === undefined) {
      this._timer = setInterval(() => this._tick(), 1000);
    }
  }

  private _tick(): void {
    const now = this._now();
    for (const view of this._nodes.values()) {
      if (view.isTicking) {
        view.tick(now);
      }
    }
  }
}
