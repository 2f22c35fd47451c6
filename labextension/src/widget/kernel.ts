/** Asks the kernel that shows a widget, and hears its answers. */

import type { AnyModel } from '@anywidget/types';
import { Signal, type ISignal } from '@lumino/signaling';

/** So long a question is open before it is said that the kernel has not answered. */
const LONG_MS = 1000;

interface Answer {
  readonly number: number;
  readonly value?: unknown;
  readonly trouble?: string;
}

interface Question {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export class Kernel {
  private readonly _changed = new Signal<this, void>(this);
  private readonly _open = new Map<number, Question>();
  private _asked = 0;
  private _isLate = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly _model: AnyModel) {
    _model.on('msg:custom', this._hear);
  }

  /** Says that `isLate` has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether a question is open for long: the kernel is busy, or is another one by now. */
  get isLate(): boolean {
    return this._isLate;
  }

  /** Ask a question of this kind; rejected with the kernel's words where it cannot be answered. */
  ask<T>(kind: string, about: object = {}): Promise<T> {
    const number = ++this._asked;
    const answer = new Promise<T>((resolve, reject) => this._open.set(number, { resolve, reject }));
    this._model.send({ ...about, kind, number });
    this._timer ??= setTimeout(() => this._setLate(true), LONG_MS);
    return answer;
  }

  dispose(): void {
    clearTimeout(this._timer);
    this._model.off('msg:custom', this._hear);
    this._open.clear();
    Signal.clearData(this);
  }

  private readonly _hear = ({ number, value, trouble }: Answer): void => {
    const question = this._open.get(number);
    this._open.delete(number);
    clearTimeout(this._timer);
    this._timer = this._open.size > 0 ? setTimeout(() => this._setLate(true), LONG_MS) : undefined;
    this._setLate(false);
    if (trouble === undefined) {
      question?.resolve(value as never);
    } else {
      question?.reject(new Error(trouble));
    }
  };

  private _setLate(isLate: boolean): void {
    if (isLate !== this._isLate) {
      this._isLate = isLate;
      this._changed.emit();
    }
  }
}
