/** The steps that are proposed for a notebook, from when they are asked for until their tags are written or left. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { Suggestion } from '../model/documents';
import { withChanges } from '../model/tags';
import type { OpenNotebook } from './open_notebook';

export class Suggesting {
  private readonly _ask: () => Promise<Suggestion>;
  private readonly _marks: () => string;
  private readonly _changed = new Signal<this, void>(this);
  private _found: Suggestion | null = null;
  /** The notebook's marks when it was asked for. */
  private _asked = '';
  private _isAsking = false;
  private _trouble: string | null = null;

  /** `marks`: cells and tags as text; what is proposed holds as long as they are the same. */
  constructor(ask: () => Promise<Suggestion>, marks: () => string) {
    this._ask = ask;
    this._marks = marks;
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
    this._found = null;
    this._trouble = null;
    this._changed.emit();
    let found: Suggestion | null = null;
    do {
      this._asked = this._marks();
      try {
        found = await this._ask();
      } catch (error) {
        found = null; // an answer before was for other cells
        this._trouble = (error as Error).message;
      }
    } while (this._trouble === null && !this._isCurrent());
    this._found = found;
    this._isAsking = false;
    this._changed.emit();
  }

  /** Have steps proposed anew where the proposal was for other cells or tags: half of each would be written. */
  async keepUp(): Promise<void> {
    if (this._found !== null && !this._isCurrent()) {
      await this.begin();
    }
  }

  /** Forget the proposal. */
  end(): void {
    this._found = null;
    this._changed.emit();
  }

  private _isCurrent(): boolean {
    return this._asked === this._marks();
  }
}

/** Write the tags that are proposed for a notebook, if they are for it as it is: one step of undo takes them back. */
export function applySuggestion(notebook: OpenNotebook): void {
  const { suggesting, cells } = notebook;
  void suggesting.keepUp();
  if (suggesting.found !== null) {
    const { tags } = suggesting.found;
    suggesting.end();
    notebook.writeTags(withChanges(cells, tags));
  }
}
