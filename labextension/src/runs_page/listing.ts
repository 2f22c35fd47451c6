/** The runs that the page shows: asked of the server page by page, asked again while some of them are living. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { Api } from '../api';
import type { RunPage, RunRow } from '../model/documents';
import { hasEnded } from '../model/run_state';

/** What runs must pass to be in the list; empty words pass everything. */
export interface Filters {
  readonly search: string;
  readonly state: string;
  readonly experiment: string;
  readonly archived: 'no' | 'only';
}

export const NO_FILTERS: Filters = { search: '', state: '', experiment: '', archived: 'no' };
const PAGE = 50;
const AGAIN_AFTER_MS = 2000;
/** Who types is not answered before there is a pause. */
const TYPING_MS = 200;

export class Listing implements IDisposable {
  private readonly _changed = new Signal<this, void>(this);
  private _filters = NO_FILTERS;
  private _rows: readonly RunRow[] = [];
  private _messages: readonly string[] = [];
  private _next: string | null = null;
  private _pages = 1;
  private _request = 0;
  private _isLoading = false;
  private _trouble: string | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;

  /** `isSeen`: whether somebody looks; nothing is asked again for a page that is hidden. */
  constructor(
    private readonly _api: Api,
    private readonly _isSeen: () => boolean
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get filters(): Filters {
    return this._filters;
  }

  get rows(): readonly RunRow[] {
    return this._rows;
  }

  get messages(): readonly string[] {
    return this._messages;
  }

  get hasMore(): boolean {
    return this._next !== null;
  }

  get isLoading(): boolean {
    return this._isLoading;
  }

  get trouble(): string | null {
    return this._trouble;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** List the runs that pass other filters, from the newest one. */
  filter(filters: Filters): void {
    this._filters = filters;
    this._pages = 1;
    this._changed.emit();
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this.load(), TYPING_MS);
  }

  /** Show the next page too. */
  more(): void {
    this._pages += 1;
    void this.load();
  }

  /** Ask for the list; the answer to an older question is dropped. */
  async load(): Promise<void> {
    clearTimeout(this._timer);
    const request = ++this._request;
    this._isLoading = true;
    this._changed.emit();
    try {
      const answer = await this._ask(request);
      if (answer === null) {
        return;
      }
      this._rows = answer.runs;
      this._next = answer.next;
      this._messages = answer.messages;
      this._trouble = null;
    } catch (error) {
      if (request !== this._request || this._isDisposed) {
        return;
      }
      this._trouble = (error as Error).message;
    }
    this._isLoading = false;
    this._changed.emit();
    this._timer = setTimeout(() => this._lookAgain(), AGAIN_AFTER_MS);
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  private async _ask(request: number): Promise<RunPage | null> {
    const runs: RunRow[] = [];
    let page: RunPage = { runs: [], next: '1', messages: [] };
    for (let number = 0; number < this._pages && page.next !== null; number++) {
      const named = Object.entries(this._filters).filter(([, value]) => value !== '');
      page = await this._api.runs({ ...Object.fromEntries(named), limit: String(PAGE), cursor: page.next });
      if (request !== this._request || this._isDisposed) {
        return null;
      }
      runs.push(...page.runs);
    }
    return { ...page, runs };
  }

  private _lookAgain(): void {
    if (this._isSeen() && this._rows.some(row => !hasEnded(row.state) && !row.interrupted)) {
      void this.load();
    } else {
      this._timer = setTimeout(() => this._lookAgain(), AGAIN_AFTER_MS);
    }
  }
}
