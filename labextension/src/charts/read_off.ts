/** Curves in one picture that are read off: values under the pointer or at the arrow keys, curves switched off and on. */

import { html, setText, svg } from '../graph/svg';
import { trans } from '../model/words';
import { colour, round } from './parts';

/** A curve as it lies in a picture: places of its points, and what is said of each. */
export interface Drawn {
  /** What stands beside its colour. */
  readonly text: string;
  readonly places: readonly (readonly [number, number])[];
  readonly says: (index: number) => string;
  readonly parts: readonly SVGElement[];
}

/** Return a picture with a line of words for each curve in it; of several curves these are switches. */
export function readOff(picture: SVGSVGElement, curves: readonly Drawn[]): HTMLElement {
  const reading = new Reading(picture, curves);
  const keys = curves.map((curve, index) => {
    const mark = html('span', { 'aria-hidden': 'true' }, ['▬ ']);
    mark.style.color = colour(index);
    if (curves.length === 1) {
      return html('div', {}, [mark, curve.text]);
    }
    const key = html('button', { type: 'button', class: 'kfnb-chart-key', 'aria-pressed': 'true' }, [
      mark,
      curve.text
    ]);
    key.title = trans.__('Show or hide this curve');
    key.addEventListener('click', () => {
      const isShown = key.getAttribute('aria-pressed') !== 'true';
      key.setAttribute('aria-pressed', String(isShown));
      curve.parts.forEach(part => part.setAttribute('visibility', isShown ? 'visible' : 'hidden'));
      reading.switch(curve, isShown);
    });
    return html('div', {}, [key]);
  });
  return html('div', { class: 'kfnb-chart' }, [reading.host, ...keys]);
}

/** The values at one place of the axis, over the picture. */
class Reading {
  readonly host: HTMLElement;
  private readonly _said = html('div', { class: 'kfnb-chart-reading', role: 'status' });
  private readonly _marks = svg('g', { class: 'kfnb-chart-marks' });
  private readonly _width: number;
  private readonly _shown: Set<Drawn>;
  private _at: number | null = null;

  constructor(
    private readonly _picture: SVGSVGElement,
    private readonly _curves: readonly Drawn[]
  ) {
    this._shown = new Set(_curves);
    this._width = Number(_picture.getAttribute('width'));
    _picture.append(this._marks);
    this.host = html(
      'div',
      {
        class: 'kfnb-chart-plot',
        tabindex: 0,
        role: 'group',
        'aria-label': trans.__('Chart; arrow keys read its values')
      },
      [_picture, this._said]
    );
    this.host.style.width = `${this._width}px`;
    this._said.hidden = true;
    this.host.addEventListener('pointermove', event => this._readNear(this._placeOf(event)));
    this.host.addEventListener('pointerleave', () => this._read(null));
    this.host.addEventListener('blur', () => this._read(null));
    this.host.addEventListener('keydown', event => this._walk(event));
  }

  /** Read a curve with the others, or not any more. */
  switch(curve: Drawn, isShown: boolean): void {
    if (isShown) {
      this._shown.add(curve);
    } else {
      this._shown.delete(curve);
    }
    this._read(null);
  }

  private _placeOf(event: MouseEvent): number {
    const { left, width } = this._picture.getBoundingClientRect();
    return width > 0 ? ((event.clientX - left) / width) * this._width : event.clientX;
  }

  /** Where there is something to read, from left to right. */
  private _stops(): number[] {
    const all = [...this._shown].flatMap(({ places }) => places.map(([x]) => x));
    return [...new Set(all)].sort((one, other) => one - other);
  }

  private _readNear(x: number): void {
    const stops = this._stops();
    this._read(stops.length === 0 ? null : stops[nearest(stops, x)]!);
  }

  private _walk(event: KeyboardEvent): void {
    const stops = this._stops();
    const now = this._at === null ? -1 : stops.indexOf(this._at);
    const last = stops.length - 1;
    const to = {
      ArrowRight: Math.min(now + 1, last),
      ArrowLeft: Math.max(now - 1, 0),
      Home: 0,
      End: last
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this._read(stops[to] ?? null);
    } else if (event.key === 'Escape') {
      this._read(null);
    }
  }

  /** Say the values of all shown curves at a place; null: none. */
  private _read(x: number | null): void {
    if (x === this._at) {
      return;
    }
    this._at = x;
    this._marks.replaceChildren();
    this._said.hidden = x === null;
    if (x === null) {
      setText(this._said, '');
      return;
    }
    const height = Number(this._picture.getAttribute('height'));
    this._marks.append(svg('path', { d: `M${round(x)} 0V${height}`, class: 'kfnb-chart-guide' }));
    const lines = this._curves.flatMap((curve, index) => {
      if (!this._shown.has(curve) || curve.places.length === 0) {
        return [];
      }
      const near = nearest(
        curve.places.map(place => place[0]),
        x
      );
      const [cx, cy] = curve.places[near]!;
      this._marks.append(svg('circle', { cx: round(cx), cy: round(cy), r: 3, fill: colour(index) }));
      return [html('div', {}, [curve.says(near)])];
    });
    this._said.replaceChildren(...lines);
    const isLeft = x < this._width / 2; // beside the place, where there is more room
    this._said.style.left = isLeft ? `${round(x + 8)}px` : '';
    this._said.style.right = isLeft ? '' : `${round(this._width - x + 8)}px`;
  }
}

function nearest(places: readonly number[], x: number): number {
  return places.reduce(
    (best, place, index) => (Math.abs(place - x) < Math.abs(places[best]! - x) ? index : best),
    0
  );
}
