/**
 * Brings cells of a notebook into view.
 *
 * JupyterLab draws the cells of a long notebook little by little and guesses the heights of those not drawn yet: it
 * cannot scroll to a cell that is not there, and where it has scrolled to moves away as cells above get their heights.
 */

import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';

const LOOK_MS = 50;
const STEADY_LOOKS = 5;
const MOST_LOOKS = 100;
const LEAST_SEEN = 0.25;
const ACTS = ['wheel', 'pointerdown', 'keydown'];

/** The scrolling of one notebook: the newest wish counts, and whatever a person does next counts more. */
export class Scrolling {
  private readonly _content: Notebook;
  private _wish = new AbortController();

  constructor(content: Notebook) {
    this._content = content;
  }

  /** Scroll until the cell is in view and stays there, or a person does something else. */
  async to(cell: Cell): Promise<void> {
    const wish = this._renewed();
    await this._scroll(cell);
    for (let steady = 0, looks = 0; steady < STEADY_LOOKS && looks < MOST_LOOKS;) {
      await new Promise(resolve => setTimeout(resolve, LOOK_MS));
      if (wish.signal.aborted || this._content.isDisposed || cell.isDisposed) {
        return;
      }
      const isDrawn = this._isDrawnUpTo(cell); // until then what is seen moves, however long it takes
      const isRight = isSeen(cell.node, this._content.outerNode);
      looks += isDrawn ? 1 : 0;
      steady = isDrawn && isRight ? steady + 1 : 0;
      if (!isRight) {
        await this._scroll(cell);
      }
    }
    wish.abort();
  }

  private _renewed(): AbortController {
    this._wish.abort();
    const wish = new AbortController();
    const options = { capture: true, passive: true, signal: wish.signal };
    ACTS.forEach(act => document.addEventListener(act, () => wish.abort(), options));
    this._wish = wish;
    return wish;
  }

  /** Whether no cell above is still to be drawn; where only cells in view ever are, none is awaited. */
  private _isDrawnUpTo(cell: Cell): boolean {
    const { widgets, notebookConfig } = this._content;
    const above = widgets.slice(0, widgets.indexOf(cell));
    return notebookConfig.windowingMode === 'full' || above.every(({ isAttached }) => isAttached);
  }

  private async _scroll(cell: Cell): Promise<void> {
    try {
      await this._content.scrollToItem(this._content.widgets.indexOf(cell), 'smart');
    } catch {
      // another wish came between, or the cell is not drawn yet
    }
  }
}

/** Whether enough of a cell is seen, be it larger than what it is seen in. */
function isSeen(cell: HTMLElement, frame: HTMLElement): boolean {
  const [inner, outer] = [cell.getBoundingClientRect(), frame.getBoundingClientRect()];
  const seen = Math.min(inner.bottom, outer.bottom) - Math.max(inner.top, outer.top);
  return inner.height > 0 && seen >= LEAST_SEEN * Math.min(inner.height, outer.height);
}
