/** One node of the drawn graph: a box with name, state, time and progress. `GraphView` makes and updates it. */

import { NAME_LIMIT, type Box } from './layout';
import { elapsed, lookOf, showDuration, statusLine } from './look';
import { shortened, type GraphNode, type NodeStatus } from './model';
import { setIfNew, setText, svg } from './svg';
import { trans } from '../model/words';

const BAR_INSET = 8;

/** The SVG of one node. It is a button: focus, Enter and the arrows are the view's. */
export class NodeView {
  readonly element: SVGGElement;
  /** What opens and folds a fan-out by the mouse; keys do it on the node itself. */
  readonly fold: SVGGElement | null;
  private readonly _ground: SVGRectElement;
  private readonly _frame: SVGRectElement;
  private readonly _line: SVGTextElement;
  private readonly _name: SVGTextElement;
  private readonly _title: SVGTitleElement;
  private readonly _bar: SVGRectElement;
  private _status: NodeStatus | undefined;

  constructor(
    readonly node: GraphNode,
    readonly box: Box,
    isOpen: boolean,
    /** What it comes after: the arrows, for those who hear the picture. */
    private readonly _after: string
  ) {
    const rect = { width: box.width, height: box.height, rx: 6 };
    this._title = svg('title');
    this._ground = svg('rect', { ...rect, class: 'kfnb-graph-ground' });
    this._frame = svg('rect', { ...rect, class: 'kfnb-graph-frame' });
    this._name = svg('text', { x: 14, class: 'kfnb-graph-name' });
    this._name.textContent = shortened(shownName(node), NAME_LIMIT);
    this._line = svg('text', { x: 14, y: 35, class: 'kfnb-graph-state' });
    this._bar = svg('rect', { x: BAR_INSET, y: box.height - 5, height: 3, rx: 1.5, class: 'kfnb-graph-bar' });
    this.fold = node.isFan ? foldMark(box, isOpen) : null;
    this.element = svg(
      'g',
      {
        class: node.isFan ? 'kfnb-graph-node kfnb-graph-fan' : 'kfnb-graph-node',
        transform: `translate(${box.x - box.width / 2} ${box.y - box.height / 2})`,
        role: 'button',
        tabindex: -1
      },
      [this._title, ...(node.isFan ? [shadow(box)] : []), svg('rect', { ...rect, class: 'kfnb-graph-paper' })]
    );
    this.element.append(this._ground, ...this._decorations(), this._name, this._line, this._bar, this._frame);
    if (this.fold !== null) {
      this.element.append(this.fold);
      this.element.setAttribute('aria-expanded', String(isOpen));
    }
    this.element.dataset.node = node.name;
    this.update(undefined, 0);
  }

  /** Show how the step stands at `now` (seconds since the epoch). */
  update(status: NodeStatus | undefined, now: number): void {
    this._status = status;
    const look = lookOf(status);
    setIfNew(this.element, 'data-state', status?.state ?? '');
    for (const part of [this._ground, this._bar]) {
      setIfNew(part, 'style', `fill:${look.colour}`);
    }
    setIfNew(this._frame, 'style', `stroke:${look.colour}`);
    setIfNew(this._name, 'y', status === undefined ? '28' : '19');
    this._showProgress();
    this.tick(now);
  }

  /** Show the time that has passed. */
  tick(now: number): void {
    setText(this._line, statusLine(this._status, now));
    const words = this._words(now);
    setText(this._title, words);
    const after = this._after === '' ? '' : `. ${trans.__('After %1', this._after)}`;
    setIfNew(this.element, 'aria-label', words + after);
  }

  /** Say whether its time is passing. */
  get isTicking(): boolean {
    const status = this._status;
    return status?.state === 'RUNNING' || status?.state === 'CANCELING';
  }

  set isSelected(value: boolean) {
    setIfNew(this.element, 'aria-pressed', String(value));
    this.element.classList.toggle('kfnb-mod-selected', value);
  }

  private _words(now: number): string {
    const { more, owner } = this.node;
    if (more !== undefined) {
      return trans._n('%1 more element', '%1 more elements', more) + ` (${owner})`;
    }
    const status = this._status;
    const badges = this.node.badges?.length ? ` (${this.node.badges.join(', ')})` : '';
    if (status === undefined) {
      return this.node.name + badges;
    }
    const seconds = status.cached ? null : elapsed(status, now);
    const parts = [lookOf(status).word];
    if (status.elements) {
      const { done, total, failed } = status.elements;
      parts.push(trans.__('%1 of %2 elements done', done, total));
      if (failed > 0) {
        parts.push(trans.__('%1 failed', failed));
      }
    } else if (status.cells) {
      parts.push(trans.__('%1 of %2 cells done', status.cells.done, status.cells.total));
    }
    if (status.finished && seconds !== null) {
      parts.push(showDuration(seconds));
    }
    if ((status.attempt ?? 0) > 1) {
      parts.push(trans.__('attempt %1', status.attempt));
    }
    return `${this.node.name}${badges}: ${parts.join(', ')}${status.why ? `. ${status.why}` : ''}`;
  }

  private _showProgress(): void {
    const status = this._status;
    const count = status?.elements ?? status?.cells ?? null;
    const isShown = count !== null && count.total > 0 && this.isTicking;
    const share = isShown ? count.done / count.total : 0;
    setIfNew(this._bar, 'width', String(Math.round((this.box.width - 2 * BAR_INSET) * share)));
  }

  private _decorations(): SVGElement[] {
    const parts: SVGElement[] = [];
    if (this.node.colour !== undefined) {
      const strip = svg('rect', { x: 3, y: 6, width: 5, height: this.box.height - 12, rx: 2.5 });
      strip.style.fill = this.node.colour;
      parts.push(strip);
    }
    let right = this.box.width - (this.node.isFan ? 26 : 8);
    for (const badge of [...(this.node.badges ?? [])].reverse()) {
      const width = badge.length * 6 + 8;
      const text = svg('text', { x: right - width / 2, y: 17, class: 'kfnb-graph-badge' });
      text.textContent = badge;
      parts.push(
        svg('rect', { x: right - width, y: 7, width, height: 14, rx: 7, class: 'kfnb-graph-pill' }),
        text
      );
      right -= width + 6;
    }
    return parts;
  }
}

function shownName(node: GraphNode): string {
  if (node.more !== undefined) {
    return trans.__('+%1 more', node.more.toLocaleString());
  }
  return node.owner !== undefined ? node.name.slice(node.owner.length) : node.name;
}

function shadow(box: Box): SVGRectElement {
  return svg('rect', { x: 4, y: 4, width: box.width, height: box.height, rx: 6, class: 'kfnb-graph-shadow' });
}

function foldMark(box: Box, isOpen: boolean): SVGGElement {
  const text = svg('text', { x: box.width - 14, y: 20, class: 'kfnb-graph-fold' });
  text.textContent = isOpen ? '−' : '+';
  const ground = svg('rect', {
    x: box.width - 23,
    y: 6,
    width: 18,
    height: 18,
    rx: 4,
    class: 'kfnb-graph-foldground'
  });
  return svg('g', { 'aria-hidden': 'true', class: 'kfnb-graph-foldmark' }, [ground, text]);
}
