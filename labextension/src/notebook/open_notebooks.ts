/** The notebooks that are open, each once, and the one that a person works in. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Signal, type ISignal } from '@lumino/signaling';

import type { OpenNotebook } from './open_notebook';

export class OpenNotebooks {
  private readonly _tracker: INotebookTracker;
  private readonly _load: () => Promise<(panel: NotebookPanel) => OpenNotebook>;
  private readonly _all = new Map<NotebookPanel, OpenNotebook>();
  private readonly _currentChanged = new Signal<this, OpenNotebook | null>(this);
  private readonly _added = new Signal<this, OpenNotebook>(this);

  /** `load` brings what makes an open notebook of what shows it; it is asked for when the first is opened. */
  constructor(tracker: INotebookTracker, load: () => Promise<(panel: NotebookPanel) => OpenNotebook>) {
    this._tracker = tracker;
    this._load = load;
    tracker.forEach(panel => void this._add(panel));
    tracker.widgetAdded.connect((_, panel) => void this._add(panel));
    tracker.currentChanged.connect(() => this._currentChanged.emit(this.current));
  }

  /** The notebook that was last looked at. */
  get current(): OpenNotebook | null {
    const panel = this._tracker.currentWidget;
    return panel === null ? null : (this._all.get(panel) ?? null);
  }

  /** Say whether the notebook at this path is open, be it that it is still read. */
  isOpen(path: string): boolean {
    return this._tracker.find(panel => panel.context.path === path) !== undefined;
  }

  get currentChanged(): ISignal<this, OpenNotebook | null> {
    return this._currentChanged;
  }

  /** A notebook is there and has its cells. */
  get added(): ISignal<this, OpenNotebook> {
    return this._added;
  }

  [Symbol.iterator](): IterableIterator<OpenNotebook> {
    return this._all.values();
  }

  private async _add(panel: NotebookPanel): Promise<void> {
    await panel.context.ready;
    const make = await this._load();
    if (panel.isDisposed || this._all.has(panel)) {
      return;
    }
    const notebook = make(panel);
    this._all.set(panel, notebook);
    panel.disposed.connect(() => {
      this._all.delete(panel);
      this._currentChanged.emit(this.current);
    });
    this._added.emit(notebook);
    this._currentChanged.emit(this.current);
  }
}
