/** The run that a person chooses to see in a notebook: of quick choices the last one counts. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { Api } from '../api';
import { trans } from '../model/words';
import type { OpenNotebook } from '../notebook/open_notebook';
import { RunSession } from './session';

export class Choosing {
  private readonly _notebook: OpenNotebook;
  private readonly _api: Api;
  private readonly _changed = new Signal<this, void>(this);
  private _chosen: string | null = null;
  private _trouble: string | null = null;
  private _asked = 0;

  constructor(notebook: OpenNotebook, api: Api) {
    this._notebook = notebook;
    this._api = api;
  }

  /** What is chosen, or has become of it, is different from before. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The id of the run that is being opened. */
  get chosen(): string | null {
    return this._chosen;
  }

  /** Why the one that was chosen last is not shown. */
  get trouble(): string | null {
    return this._trouble;
  }

  /** Show the run with this id; null: none. One that was started meanwhile stays. */
  async choose(id: string | null): Promise<void> {
    const asked = ++this._asked;
    const before = this._notebook.session;
    const isLate = (): boolean => asked !== this._asked || this._notebook.session !== before;
    this._set(id, null);
    try {
      const session = id === null ? null : await RunSession.open(this._api, id);
      if (isLate()) {
        session?.dispose();
      } else {
        this._notebook.session = session;
      }
      this._end(asked, null);
    } catch (error) {
      const why = trans.__('The run %1 cannot be shown: %2', id, (error as Error).message);
      this._end(asked, isLate() ? null : why);
    }
  }

  private _end(asked: number, trouble: string | null): void {
    if (asked === this._asked) {
      this._set(null, trouble);
    }
  }

  private _set(chosen: string | null, trouble: string | null): void {
    this._chosen = chosen;
    this._trouble = trouble;
    this._changed.emit();
  }
}
