/** Asks the kernel that shows a widget, and hears its answers. */

import type { AnyModel } from '@anywidget/types';
import { Signal, type ISignal } from '@lumino/signaling';

/** So long a question is open before it is said that the kernel has not answered. */
const LONG_MS = 1000;
/** So often a question that is followed is said again: the kernel forgets those of pages that say nothing any more. */
const WORD_MS = 60_000;

/** The number under which the kernel follows a list's first page before it hears of a page: it may be busy till then. */
export const UNASKED = 0;

interface Answer {
  readonly number: number;
  readonly value?: unknown;
  readonly trouble?: string;
}

interface Question {
  readonly answer: (value: never) => void;
  readonly trouble: (error: Error) => void;
  readonly isFollowed: boolean;
}

export class Kernel {
  private readonly _changed = new Signal<this, void>(this);
  private readonly _open = new Map<number, Question>();
  /** Questions that the kernel has not answered yet and that somebody waits for. */
  private readonly _awaited = new Set<number>();
  /** Another page that shows the same widget hears all answers too, and counts from elsewhere. */
  private _asked = Math.floor(Math.random() * 2 ** 40) + 1;
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
    return new Promise<T>((answer, trouble) =>
      this._send(kind, about, { answer, trouble, isFollowed: false }, true)
    );
  }

  /**
   * Ask a question that the kernel answers again whenever the answer is another one, until the returned function is
   * called. `isAwaited`: nothing is shown yet.
   */
  follow<T>(
    kind: string,
    about: object,
    answer: (value: T) => void,
    trouble: (error: Error) => void,
    isAwaited = true
  ): () => void {
    const number = this._send(kind, about, { answer, trouble, isFollowed: true }, isAwaited);
    const word = setInterval(() => this._model.send({ ...about, kind, number }), WORD_MS);
    return () => {
      clearInterval(word);
      this._open.delete(number);
      this._settle(number);
      this._model.send({ kind: 'leave', number });
    };
  }

  /** Hear what the kernel says under a number without having been asked. */
  hear<T>(number: number, answer: (value: T) => void, trouble: (error: Error) => void): () => void {
    this._open.set(number, { answer, trouble, isFollowed: true });
    return () => void this._open.delete(number);
  }

  dispose(): void {
    clearTimeout(this._timer);
    this._model.off('msg:custom', this._hear);
    this._open.clear();
    Signal.clearData(this);
  }

  private _send(kind: string, about: object, question: Question, isAwaited: boolean): number {
    const number = ++this._asked;
    this._open.set(number, question);
    this._model.send({ ...about, kind, number });
    if (isAwaited) {
      this._awaited.add(number);
      this._timer ??= setTimeout(() => this._setLate(true), LONG_MS);
    }
    return number;
  }

  private readonly _hear = ({ number, value, trouble }: Answer): void => {
    const question = this._open.get(number);
    if (question?.isFollowed !== true) {
      this._open.delete(number);
    }
    this._settle(number);
    if (trouble === undefined) {
      question?.answer(value as never);
    } else {
      question?.trouble(new Error(trouble));
    }
  };

  /** A question is no longer waited for: what comes by itself says nothing of how busy the kernel is. */
  private _settle(number: number): void {
    if (this._awaited.delete(number)) {
      clearTimeout(this._timer);
      this._timer = this._awaited.size > 0 ? setTimeout(() => this._setLate(true), LONG_MS) : undefined;
      this._setLate(false);
    }
  }

  private _setLate(isLate: boolean): void {
    if (isLate !== this._isLate) {
      this._isLate = isLate;
      this._changed.emit();
    }
  }
}
