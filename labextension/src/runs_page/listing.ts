/** The runs that the page shows: one page of the server's list at a time, asked for again when it changes. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { RunPage, RunRow } from '../model/documents';
import { NEWEST_FIRST, NO_FILTERS, questionFor, type Filters, type Order } from './query';

/** So many runs are drawn at once, however many there are. */
const PAGE = 50;
/** Who types is not answered before there is a pause. */
const TYPING_MS = 200;

/** Where the list is asked for: the server, or the kernel that shows it in a cell. */
export interface RunSource {
  runs(question: URLSearchParams): Promise<RunPage>;
  experiments(): Promise<readonly string[]>;
}

export class Listing implements IDisposable {
  private readonly _changed = new Signal<this, void>(this);
  private _filters = NO_FILTERS;
  private _order = NEWEST_FIRST;
  private _rows: readonly RunRow[] = [];
  private _messages: readonly string[] = [];
  private _experiments: readonly string[] = [];
  /** Where the page after the one that is shown begins; null too while another page is asked for. */
  private _next: string | null = null;
  private _isWhole = true;
  /** Where each page begins that was turned to; the last is the one that is shown. */
  private _begins: readonly (string | null)[] = [null];
  private _request = 0;
  private _isLoading = false;
  /** Whether the list changed while it was being asked for. */
  private _isBehind = false;
  private _trouble: string | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;

  /** `changes`: the list may be another one now. `isSeen`: whether somebody looks; nothing is asked for a hidden page. */
  constructor(
    private readonly _source: RunSource,
    changes: ISignal<unknown, unknown>,
    private readonly _isSeen: () => boolean
  ) {
    changes.connect(this.hear, this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get filters(): Filters {
    return this._filters;
  }

  get order(): Order {
    return this._order;
  }

  get rows(): readonly RunRow[] {
    return this._rows;
  }

  get messages(): readonly string[] {
    return this._messages;
  }

  /** The names of all experiments, by which runs can be filtered. */
  get experiments(): readonly string[] {
    return this._experiments;
  }

  /** The number of the page that is shown, from 1. */
  get page(): number {
    return this._begins.length;
  }

  get hasNext(): boolean {
    return this._next !== null;
  }

  /** Whether the last answer was all that there is, on one page. */
  get isWhole(): boolean {
    return this._isWhole;
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

  /** List the runs that pass other filters, from the first page. `isTyped`: more letters may come at once. */
  filter(part: Partial<Filters>, isTyped = false): void {
    this._filters = { ...this._filters, ...part };
    this._turnTo([null]);
    this._changed.emit();
    clearTimeout(this._timer);
    if (isTyped) {
      this._timer = setTimeout(() => void this.load(), TYPING_MS);
    } else {
      void this.load();
    }
  }

  /** List the runs in another order, from the first page. */
  sort(order: Order): void {
    this._order = order;
    this._turnTo([null]);
    void this.load();
  }

  /** Show the next page. */
  next(): void {
    if (this._next !== null) {
      this._turnTo([...this._begins, this._next]);
      void this.load();
    }
  }

  /** Show the page before. */
  previous(): void {
    if (this._begins.length > 1) {
      this._turnTo(this._begins.slice(0, -1));
      void this.load();
    }
  }

  /** Ask for the page; the answer to an older question is dropped. */
  async load(): Promise<void> {
    clearTimeout(this._timer);
    const request = ++this._request;
    this._isLoading = true;
    this._isBehind = false;
    this._changed.emit();
    const question = questionFor(this._filters, this._order, PAGE, this._begins[this._begins.length - 1]!);
    try {
      const answer = await this._source.runs(question);
      if (this._isLate(request)) {
        return;
      }
      this._rows = answer.runs;
      this._next = answer.next;
      this._isWhole = this.page === 1 && answer.next === null;
      this._messages = answer.messages;
      this._trouble = null;
    } catch (error) {
      if (this._isLate(request)) {
        return;
      }
      this._trouble = (error as Error).message;
    }
    this._isLoading = false;
    this._changed.emit();
    if (this._isBehind) {
      void this.load();
    }
  }

  /** The list may be another one now; who comes back to a page that was hidden has it asked for in any case. */
  hear(): void {
    if (this._isLoading) {
      this._isBehind = true; // the answer that is awaited is not dropped: a slow server would never be heard
    } else if (this._isSeen()) {
      void this.load();
    }
  }

  /** Ask for the page and for the experiments: both may be others than when they were seen last. */
  async refresh(): Promise<void> {
    await Promise.all([this.load(), this._askForExperiments()]);
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  private async _askForExperiments(): Promise<void> {
    try {
      this._experiments = await this._source.experiments();
    } catch {
      return; // the list itself says what is wrong with the server
    }
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  /** Another page is about to be asked for: what comes after it is not known, and an older answer does not tell. */
  private _turnTo(begins: readonly (string | null)[]): void {
    this._begins = begins;
    this._next = null;
    this._request += 1;
    this._isLoading = true;
  }

  private _isLate(request: number): boolean {
    return request !== this._request || this._isDisposed;
  }
}
