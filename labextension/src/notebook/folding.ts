/**
 * Which steps of a notebook are folded: their cells are out of sight, their chip is not.
 *
 * It is a matter of the view alone: JupyterLab's own collapsing writes into the cells' metadata, this writes nothing.
 */

import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import { Signal, type ISignal } from '@lumino/signaling';

/**
 * The folded steps of one notebook. A step unfolds by itself when one of its hidden cells is gone to, as a search does.
 *
 * JupyterLab does not know that they are out of sight: keys that go from cell to cell come to them. Who comes by such a
 * key, from the cell beside one and with the focus in the notebook, passes the step.
 */
export class Folding {
  private readonly _content: Notebook;
  private readonly _folded = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);
  /** Where a person was last. */
  private _left: Cell | null;

  constructor(content: Notebook) {
    this._content = content;
    this._left = content.activeCell;
    content.activeCellChanged.connect(this._come, this);
    content.stateChanged.connect(this._unfoldWritten, this);
  }

  /** A step was folded or unfolded. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  has(step: string | null): boolean {
    return step !== null && this._folded.has(step);
  }

  toggle(step: string): void {
    if (!this._folded.delete(step)) {
      this._leave(step);
      this._folded.add(step);
    }
    this._changed.emit();
  }

  /** Show the step of a cell that is gone to. */
  unfold(cell: Cell): void {
    if (this._folded.delete(cell.node.dataset.kfnbStep ?? '')) {
      this._changed.emit();
    }
  }

  /** Nobody is left in a cell that is out of sight: its first cell, which has the chip, takes the place. */
  private _leave(step: string): void {
    const { activeCell } = this._content;
    if (activeCell?.node.dataset.kfnbStep !== step) {
      return;
    }
    this._content.mode = 'command';
    this._content.activeCellIndex = this._content.widgets.indexOf(this._firstOf(step)!);
  }

  private _come(): void {
    const { activeCell, activeCellIndex, mode, node, widgets } = this._content;
    const left = this._left === null ? -1 : widgets.indexOf(this._left);
    this._left = activeCell;
    if (activeCell === null || !this._isOutOfSight(activeCell)) {
      return;
    }
    const way = activeCellIndex - left;
    const isByKey = mode === 'command' && node.contains(document.activeElement);
    if (!isByKey || left < 0 || Math.abs(way) !== 1) {
      this.unfold(activeCell);
    } else {
      // Others are still to hear of this cell: who went on at once would have them hear of it last.
      void Promise.resolve().then(() => this._pass(activeCell, way));
    }
  }

  /** Go on from a cell that is out of sight, to the first that is not; back where there is none. */
  private _pass(cell: Cell, way: number): void {
    const { activeCell, widgets } = this._content;
    const place = widgets.indexOf(cell);
    if (activeCell !== cell || place < 0) {
      return;
    }
    const isSeen = (other: Cell): boolean => !other.isHidden && !this._isOutOfSight(other);
    const seen = widgets.flatMap((other, index) => (isSeen(other) ? [index] : []));
    const below = seen.find(index => index > place);
    const above = seen.filter(index => index < place).pop();
    const target = way > 0 ? (below ?? above) : (above ?? below);
    if (target === undefined) {
      return;
    }
    if (widgets.filter(other => this._content.isSelectedOrActive(other)).length > 1) {
      this._content.extendContiguousSelectionTo(target);
    } else {
      this._content.activeCellIndex = target;
    }
    this._content.scrollToItem(target).catch(() => undefined); // another wish came between, or it is not drawn yet
  }

  /** A folded cell is about to be written in. */
  private _unfoldWritten(): void {
    const { activeCell, mode } = this._content;
    if (activeCell !== null && mode === 'edit') {
      this.unfold(activeCell);
    }
  }

  private _isOutOfSight(cell: Cell): boolean {
    const step = cell.node.dataset.kfnbStep;
    return step !== undefined && this._folded.has(step) && this._firstOf(step) !== cell;
  }

  private _firstOf(step: string): Cell | undefined {
    return this._content.widgets.find(cell => cell.node.dataset.kfnbStep === step);
  }
}
