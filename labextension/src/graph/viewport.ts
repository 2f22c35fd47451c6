/** Which part of a drawing is seen: zoomed, moved by hand, fitted. Used by `GraphView`. */

import type { Box } from './layout';

const SMALLEST = 0.05;
const LARGEST = 4;
const STEP = 1.25;
/** A drawing that fits is not blown up beyond its own size. */
const FIT_AT_MOST = 1;

/** A movable, zoomable view of a `<g>` within an `<svg>`. */
export class Viewport {
  private _scale = 1;
  private _x = 0;
  private _y = 0;
  private _isFitted = true;
  private _from: { x: number; y: number; pointer: number; moved: boolean } | null = null;
  private readonly _ends = new AbortController();

  /** `size` is that of the drawing in pixels. */
  constructor(
    private readonly _svg: SVGSVGElement,
    private readonly _group: SVGGElement,
    private readonly _size: () => { width: number; height: number }
  ) {
    const { signal } = this._ends;
    _svg.addEventListener('wheel', event => this._onWheel(event), { signal, passive: false });
    _svg.addEventListener('pointerdown', event => this._onDown(event), { signal });
    _svg.addEventListener('pointermove', event => this._onMove(event), { signal });
    for (const kind of ['pointerup', 'pointercancel'] as const) {
      _svg.addEventListener(kind, () => this._onUp(), { signal });
    }
  }

  /** Whether it shows what it was last fitted to: nobody has moved or zoomed it since. */
  get isFitted(): boolean {
    return this._isFitted;
  }

  /** How many pixels one of the drawing takes. */
  get scale(): number {
    return this._scale;
  }

  /** Show everything, in the middle, at most in its own size; or its beginning, where that would be below `least`. */
  fit(least = SMALLEST): void {
    this._isFitted = true;
    const { width, height } = this._size();
    const { clientWidth, clientHeight } = this._svg;
    if (width > 0 && height > 0 && clientWidth > 0 && clientHeight > 0) {
      this._scale = clamped(
        Math.max(least, Math.min(clientWidth / width, clientHeight / height, FIT_AT_MOST))
      );
      this._x = (clientWidth - width * this._scale) / 2;
      this._y = Math.max(0, (clientHeight - height * this._scale) / 2);
    }
    this._apply();
  }

  /** Zoom in (steps above 0) or out, around the middle or the point of the `<svg>` given. */
  zoom(steps: number, at?: { x: number; y: number }): void {
    this._isFitted = false;
    const { x, y } = at ?? { x: this._svg.clientWidth / 2, y: this._svg.clientHeight / 2 };
    const scale = clamped(this._scale * STEP ** steps);
    this._x = x - ((x - this._x) * scale) / this._scale;
    this._y = y - ((y - this._y) * scale) / this._scale;
    this._scale = scale;
    this._apply();
  }

  /** Move the view, not beyond the drawing; say whether there was anywhere to go. */
  scroll(x: number, y: number): boolean {
    const { width, height } = this._size();
    const before = [this._x, this._y];
    this._isFitted = false;
    this._x = moved(this._x, -x, width * this._scale, this._svg.clientWidth);
    this._y = moved(this._y, -y, height * this._scale, this._svg.clientHeight);
    this._apply();
    return before[0] !== this._x || before[1] !== this._y;
  }

  /** Move the view just so far that `box` of the drawing is seen. */
  reveal(box: Box): void {
    const { clientWidth, clientHeight } = this._svg;
    this._x += correction(box.x, box.width, this._x, this._scale, clientWidth);
    this._y += correction(box.y, box.height, this._y, this._scale, clientHeight);
    this._apply();
  }

  /** Stop listening. */
  dispose(): void {
    this._ends.abort();
  }

  private _apply(): void {
    this._group.setAttribute('transform', `translate(${this._x} ${this._y}) scale(${this._scale})`);
  }

  private _onWheel(event: WheelEvent): void {
    // The wheel scrolls the drawing and at its end the page; with Ctrl (and by a pinch) it zooms.
    if (!event.ctrlKey && !event.metaKey) {
      if (this.scroll(event.deltaX, event.deltaY)) {
        event.preventDefault();
      }
    } else {
      event.preventDefault();
      const around = this._svg.getBoundingClientRect();
      const at = { x: event.clientX - around.left, y: event.clientY - around.top };
      this.zoom(-Math.sign(event.deltaY) * Math.min(2, Math.abs(event.deltaY) / 50), at);
    }
  }

  private _onDown(event: PointerEvent): void {
    if (event.button === 0) {
      this._from = { x: event.clientX, y: event.clientY, pointer: event.pointerId, moved: false };
    }
  }

  private _onMove(event: PointerEvent): void {
    if (this._from === null || event.pointerId !== this._from.pointer) {
      return;
    }
    const [x, y] = [event.clientX - this._from.x, event.clientY - this._from.y];
    if (!this._from.moved && Math.abs(x) + Math.abs(y) < 4) {
      return; // a click, from a hand that is not quite still
    }
    if (!this._from.moved) {
      this._svg.setPointerCapture?.(event.pointerId);
      this._svg.classList.add('kfnb-mod-dragging');
    }
    this._isFitted = false;
    this._x += x;
    this._y += y;
    this._from = { x: event.clientX, y: event.clientY, pointer: event.pointerId, moved: true };
    this._apply();
  }

  private _onUp(): void {
    this._from = null;
    this._svg.classList.remove('kfnb-mod-dragging');
  }
}

function clamped(scale: number): number {
  return Math.min(LARGEST, Math.max(SMALLEST, scale));
}

function moved(shift: number, by: number, size: number, room: number): number {
  // What fits stays where it is; what does not may be moved until its end is seen.
  return size <= room ? shift : Math.min(0, Math.max(room - size, shift + by));
}

function correction(middle: number, size: number, shift: number, scale: number, room: number): number {
  const low = (middle - size / 2) * scale + shift;
  const high = (middle + size / 2) * scale + shift;
  if (room <= 0 || (low >= 0 && high <= room)) {
    return 0;
  }
  return low < 0 || high - low > room ? -low : room - high;
}
