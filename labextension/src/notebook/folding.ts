/**
 * Which steps of a notebook are folded: their cells are out of sight, their chip is not.
 *
 * It is a matter of the view alone: JupyterLab's own collapsing writes into the cells' metadata, this writes nothing.
 */

import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import { Signal, type ISignal } from '@lumino/signaling';

/** The folded steps of one notebook. A step unfolds by itself when one of its hidden cells is gone to. */
export class Folding {
  private readonly _content: Notebook;
  private readonly _folded = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);

  constructor(content: Notebook) {
    this._content = content;
    content.activeCellChanged.connect(this._unfoldActive, this);
    content.stateChanged.connect(this._unfoldActive, this); // a folded cell that is about to be written in
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
    const first = this._content.widgets.findIndex(cell => cell.node.dataset.kfnbStep === step);
    this._content.activeCellIndex = first;
  }

  private _unfoldActive(): void {
    const { activeCell, mode, widgets } = this._content;
    const step = activeCell?.node.dataset.kfnbStep;
    if (step === undefined || !this._folded.has(step)) {
      return;
    }
    const isFirst = widgets.find(cell => cell.node.dataset.kfnbStep === step) === activeCell;
    if (mode === 'edit' || !isFirst) {
      this.unfold(activeCell!);
    }
  }
}
