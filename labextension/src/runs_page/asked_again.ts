/** What stands below the list of runs: asked for again where the server says that runs are others now. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import * as React from 'react';

import type { RunsFrame } from '../model/documents';
import { useSignal } from '../panel/watching';

/** What the server told of runs; null: somebody came back to the page, and may have missed what was told meanwhile. */
export type News = RunsFrame | null;

/** So long it rests after each answer: a run that goes on is told of much more often than anybody reads. */
export const REST_MS = 2000;

/** The newest answer to a question, of which nothing is drawn again where it is as the one before. */
export class AskedAgain<T> implements IDisposable {
  private readonly _changed = new Signal<this, void>(this);
  private _value: T | null = null;
  private _text = '';
  private _trouble: string | null = null;
  private _doing: 'nothing' | 'asking' | 'resting' = 'nothing';
  /** Whether there was news since it was asked. */
  private _isBehind = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;

  /** `news`: told while somebody looks. `concerns`: whether the answer, null before the first, may be another then. */
  constructor(
    private readonly _ask: () => Promise<T>,
    news: ISignal<unknown, News>,
    private readonly _concerns: (news: News, value: T | null) => boolean = () => true
  ) {
    news.connect(this._hear, this);
  }

  /** There is another answer, or trouble. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get value(): T | null {
    return this._value;
  }

  /** Why there is no answer to what was asked last. */
  get trouble(): string | null {
    return this._trouble;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Ask now, or when the answer has come that is awaited. */
  async ask(): Promise<void> {
    if (this._doing === 'asking') {
      this._isBehind = true;
      return;
    }
    clearTimeout(this._timer);
    this._doing = 'asking';
    this._isBehind = false;
    let trouble: string | null = null;
    try {
      this._take(await this._ask());
    } catch (error) {
      trouble = (error as Error).message;
    }
    if (!this._isDisposed) {
      this._trouble = trouble;
      this._doing = 'resting';
      this._timer = setTimeout(() => this._rested(), REST_MS);
      this._changed.emit();
    }
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  private _take(value: T): void {
    const text = JSON.stringify(value);
    if (text !== this._text) {
      this._value = value;
      this._text = text;
    }
  }

  private _hear(_: unknown, news: News): void {
    if (this._trouble === null && !this._concerns(news, this._value)) {
      return;
    }
    if (this._doing === 'nothing') {
      void this.ask();
    } else {
      this._isBehind = true;
    }
  }

  private _rested(): void {
    this._doing = 'nothing';
    if (this._isBehind) {
      void this.ask();
    }
  }
}

/** Ask as long as the component is shown, and draw it again when the answer is another. */
export function useAskedAgain<T>(make: () => AskedAgain<T>, of: readonly unknown[]): AskedAgain<T> {
  const asked = React.useMemo(make, of);
  useSignal(asked.changed);
  React.useEffect(() => {
    void asked.ask();
    return () => asked.dispose();
  }, [asked]);
  return asked;
}
