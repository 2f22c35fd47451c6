/**
 * What a run has given so far, as the server tells it.
 *
 * One question at a time, and what is asked for meanwhile afterwards: so a server that is slow is not asked more and more,
 * and no answer comes after a newer one.
 */

import type { IDisposable } from '@lumino/disposable';

import { ApiError, type Api } from '../api';
import type { Artifact, Metrics, RunDocument, RunSeries } from '../model/documents';

const AGAIN_MS = 5000;

/** Only how metrics go, which changes while a step runs; or everything. */
type Wanted = 'series' | 'all';

export class RunResults implements IDisposable {
  private readonly _api: Api;
  private readonly _onNews: () => void;
  private _document: RunDocument;
  private _metrics: Metrics = {};
  private _series: RunSeries = {};
  private _artifacts: readonly Artifact[] = [];
  private _trouble: string | null = null;
  private _wanted: Wanted | null = null;
  private _isAsking = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;

  constructor(api: Api, document: RunDocument, onNews: () => void) {
    this._api = api;
    this._document = document;
    this._onNews = onNews;
  }

  get document(): RunDocument {
    return this._document;
  }

  get metrics(): Metrics {
    return this._metrics;
  }

  get series(): RunSeries {
    return this._series;
  }

  get artifacts(): readonly Artifact[] {
    return this._artifacts;
  }

  /** Why the last question was not answered. */
  get trouble(): string | null {
    return this._trouble;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  ask(wanted: Wanted): void {
    this._wanted = this._wanted === 'all' ? 'all' : wanted;
    if (!this._isAsking) {
      void this._askForAllThatIsWanted();
    }
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
  }

  private async _askForAllThatIsWanted(): Promise<void> {
    this._isAsking = true;
    while (this._wanted !== null && !this._isDisposed) {
      const wanted = this._wanted;
      this._wanted = null;
      await this._load(wanted);
      if (!this._isDisposed) {
        this._onNews();
      }
    }
    this._isAsking = false;
  }

  private async _load(wanted: Wanted): Promise<void> {
    clearTimeout(this._timer);
    try {
      await (wanted === 'series' ? this._loadSeries() : this._loadAll());
      this._trouble = null;
    } catch (error) {
      this._trouble = (error as Error).message;
      if (!this._isDisposed && error instanceof ApiError && error.isPassing) {
        this._timer = setTimeout(() => this.ask('all'), AGAIN_MS); // perhaps no event comes that would ask
      }
    }
  }

  private async _loadSeries(): Promise<void> {
    this._series = await this._api.series(this._document.run_id);
  }

  private async _loadAll(): Promise<void> {
    const id = this._document.run_id;
    [this._document, this._metrics, this._series, this._artifacts] = await Promise.all([
      this._api.run(id),
      this._api.metrics(id),
      this._api.series(id),
      this._api.artifacts(id)
    ]);
  }
}
