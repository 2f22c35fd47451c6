/** The steps that are proposed for a notebook, from when they are asked for until their tags are written or left. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { Suggestion } from '../model/documents';
import { withChanges } from '../model/tags';
import type { OpenNotebook } from './open_notebook';

export class Suggesting {
  private readonly _ask: () => Promise<Suggestion>;
  private readonly _changed = new Signal<this, void>(this);
  private _found: Suggestion | null = null;
  private _isAsking = false;
  private _trouble: string | null = null;

  constructor(ask: () => Promise<Suggestion>) {
    this._ask = ask;
  }

  /** What is proposed, or why nothing is, is different from before. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get found(): Suggestion | null {
    return this._found;
  }

  get isAsking(): boolean {
    return this._isAsking;
  }

  /** Why nothing could be proposed. */
  get trouble(): string | null {
    return this._trouble;
  }

  /** Have steps proposed; nothing of the notebook changes. */
  async begin(): Promise<void> {
    this._isAsking = true;
    this._trouble = null;
    this._changed.emit();
    try {
      this._found = await this._ask();
    } catch (error) {
      this._trouble = (error as Error).message;
    }
    this._isAsking = false;
    this._changed.emit();
  }

  /** Forget the proposal. */
  end(): void {
    this._found = null;
    this._changed.emit();
  }
}

/** Write the tags that are proposed for a notebook: one step of undo takes them back. */
export function applySuggestion(notebook: OpenNotebook): void {
  const { suggesting, cells } = notebook;
  if (suggesting.found !== null) {
    notebook.writeTags(withChanges(cells, suggesting.found.tags));
    suggesting.end();
  }
}
