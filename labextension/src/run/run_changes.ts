/** Hears of the server when lists of runs are others now: one connection a page, and none while nobody sees the page. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { Api } from '../api';
import type { RunsFrame } from '../model/documents';
import type { IRunChanges } from '../tokens';

const RETRY_AFTER_MS = 1000;
/** A server that was heard is soon back. */
const RETRY_AFTER_MS_AT_MOST = 5000;
/** One that never was may have nothing to tell, or nothing answers there. */
const RETRY_UNHEARD_AFTER_MS_AT_MOST = 300_000;

export class RunChanges implements IRunChanges, IDisposable {
  private readonly _changed = new Signal<this, RunsFrame>(this);
  private readonly _lost = new Signal<this, void>(this);
  private _number: number | null = null;
  private _socket: WebSocket | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _pause = RETRY_AFTER_MS;
  private _isDisposed = false;

  constructor(private readonly _api: Api) {}

  /** Begin to listen. */
  start(): void {
    document.addEventListener('visibilitychange', this._look);
    this._look();
  }

  get changed(): ISignal<this, RunsFrame> {
    return this._changed;
  }

  get lost(): ISignal<this, void> {
    return this._lost;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    document.removeEventListener('visibilitychange', this._look);
    this._close();
    Signal.clearData(this);
  }

  /** Listen while the page is seen; who comes back to it is told what ended meanwhile. */
  private readonly _look = (): void => {
    this._close();
    if (!document.hidden) {
      this._connect();
    }
  };

  private _close(): void {
    clearTimeout(this._timer);
    const socket = this._socket;
    this._socket = null;
    socket?.close();
  }

  private _connect(): void {
    const socket = this._api.changes(this._number);
    this._socket = socket;
    socket.onmessage = message => {
      if (this._socket === socket) {
        this._pause = RETRY_AFTER_MS;
        const frame = JSON.parse(String(message.data)) as RunsFrame;
        this._number = frame.number;
        this._changed.emit(frame);
      }
    };
    socket.onclose = () => {
      if (this._socket === socket) {
        this._socket = null;
        this._timer = setTimeout(() => this._connect(), this._pause);
        const wasHeard = this._number !== null;
        const longest = wasHeard ? RETRY_AFTER_MS_AT_MOST : RETRY_UNHEARD_AFTER_MS_AT_MOST;
        this._pause = Math.min(2 * this._pause, longest);
        if (wasHeard) {
          this._lost.emit();
        }
      }
    };
  }
}
