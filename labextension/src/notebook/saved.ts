/** What a run takes of a notebook that is open, as it was when it was last read from disk or saved. */

import type { INotebookModel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

type Shared = INotebookModel['sharedModel'];

export class Saved {
  private readonly _shared: Shared;
  private _taken: string;

  constructor(shared: Shared) {
    this._shared = shared;
    this._taken = taken(shared);
    shared.changed.connect((_, { stateChange = [] }) => {
      if (stateChange.some(({ name, newValue }) => name === 'dirty' && newValue === false)) {
        this._taken = taken(shared);
      }
    }, this);
  }

  /** Whether a run would take something else than is on screen; the kernel's `language_info`, outputs and such are not. */
  get isOther(): boolean {
    return this._shared.dirty && this._taken !== taken(this._shared);
  }

  dispose(): void {
    Signal.clearData(this);
  }
}

/** The same as in the digest of kfnb/notebook/reader.py, but for the ids of cells, which say nothing of what is run. */
function taken(shared: Shared): string {
  const { name } = (shared.getMetadata('kernelspec') ?? {}) as { name?: string };
  const cells = shared.cells.map(cell => [
    cell.cell_type,
    cell.getSource(),
    cell.getMetadata('tags') ?? [],
    cell.getMetadata('kfnb') ?? null
  ]);
  return JSON.stringify([name || 'python3', shared.getMetadata('kfnb') ?? null, cells]);
}
