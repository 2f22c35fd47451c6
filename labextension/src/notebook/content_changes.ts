/** Tells of each change of what the pipeline of an open notebook is made of: cells, their code and tags, the metadata. */

import type { INotebookModel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

type Shared = INotebookModel['sharedModel'];
type SharedCell = Shared['cells'][number];
type ChangeOf<T> = T extends { readonly changed: ISignal<unknown, infer C> } ? C : never;

/** What a run takes of a cell's metadata; JupyterLab writes others at each execution. */
const TAKEN = ['tags', 'kfnb'];

/**
 * Calls `act` where the signal `contentChanged` of JupyterLab's model would tell of outputs and execution counts too,
 * which a cell that prints changes all the time. Only the change is looked at, so it costs the same in a long notebook.
 */
export class ContentChanges implements IDisposable {
  private readonly _act: () => void;
  private _isDisposed = false;

  constructor(shared: Shared, act: () => void) {
    this._act = act;
    shared.changed.connect(this._onNotebook, this);
    this._listenTo(shared.cells);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _listenTo(cells: readonly SharedCell[]): void {
    cells.forEach(cell => cell.changed.connect(this._onCell, this));
  }

  private _onNotebook(_: unknown, { cellsChange, metadataChange }: ChangeOf<Shared>): void {
    cellsChange?.forEach(({ insert }) => this._listenTo(insert ?? []));
    if (cellsChange !== undefined || metadataChange !== undefined) {
      this._act();
    }
  }

  private _onCell(_: unknown, { sourceChange, metadataChange }: ChangeOf<SharedCell>): void {
    if (sourceChange !== undefined || TAKEN.some(key => metadataChange?.has(key))) {
      this._act();
    }
  }
}
