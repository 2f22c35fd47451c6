/**
 * A run that is watched: what is known of it, kept up to date by the server's stream until it ends.
 *
 * It reopens the stream after a gap, where it left off. It holds nothing that the server does not: closing it loses nothing.
 */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { ApiError, type Api } from '../api';
import type { Artifact, Follow, Frame, LogFrame, Metrics, RunDocument, RunSeries } from '../model/documents';
import { appended, NO_LOG, prepended, type LogText } from '../model/log_pieces';
import { hasEnded, ownerOf, pending, reduce, workingFor, type RunStatus } from '../model/run_state';
import { trans } from '../model/words';
import { RunResults } from './results';
import { watched } from './watched';

const RETRY_AFTER_MS = 1000;
/** The stream tells of a log so many bytes of its end first, and then what comes. */
const LOG_BYTES = 1 << 20;

/** What there is to see of the task that is followed. */
export type TaskTab = 'log' | 'events' | 'pod';

/** The log of the task that is followed; `source`: the task that works for it now and prints. */
export interface FollowedLog {
  readonly task: string;
  readonly source: string;
  readonly text: LogText;
}

export class RunSession implements IDisposable {
  readonly id: string;
  private readonly _api: Api;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _results: RunResults;
  private _status: RunStatus;
  private _batch = 0;
  private _socket: WebSocket | null = null;
  private _connection = 0;
  private _isReconnecting = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _log: FollowedLog | null = null;
  private _tab: TaskTab = 'log';
  private _offset = 0;
  private _attempt = 0;
  private _trouble: string | null = null;
  private _waits: string | null;
  private _unseen: string | null;
  private _isGone = false;
  private _isDisposed = false;

  private constructor(api: Api, found: RunDocument) {
    this._api = api;
    this.id = found.run_id;
    this._results = new RunResults(api, found, () => this._changed.emit());
    this._status = { ...pending(declaredTasks(found)), interrupted: found.interrupted };
    this._waits = found.waits;
    this._unseen = found.unseen;
    watched.add(this);
    document.addEventListener('visibilitychange', this._saySeen);
    this._connect();
  }

  /** Watch the run called `id`. */
  static async open(api: Api, id: string): Promise<RunSession> {
    return new RunSession(api, await api.run(id));
  }

  /** Something about the run is different from before. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get document(): RunDocument {
    return this._results.document;
  }

  get status(): RunStatus {
    return this._status;
  }

  get log(): FollowedLog | null {
    return this._log;
  }

  /** The version of Python in which a task's cells run, or ran; null before the first one has begun. */
  pythonOf(task: string): string | null {
    return this._status.tasks.get(task)?.progress.python ?? this.document.tasks[task]?.python ?? null;
  }

  /** What is looked at of the task that is followed. */
  get tab(): TaskTab {
    return this._tab;
  }

  set tab(name: TaskTab) {
    this._tab = name;
    this._changed.emit();
  }

  get metrics(): Metrics {
    return this._results.metrics;
  }

  /** How metrics went, those of steps that run too. */
  get series(): RunSeries {
    return this._results.series;
  }

  get artifacts(): readonly Artifact[] {
    return this._results.artifacts;
  }

  /** Why nothing is heard of the run at the moment. */
  get trouble(): string | null {
    return this._trouble ?? this._results.trouble;
  }

  /** Why the run's orchestrator has not begun in its cluster; null where it has, or there is none. */
  get waits(): string | null {
    return this._status.state === 'PENDING' ? this._waits : null;
  }

  /** Why its cluster could not be asked lately, so that what is known of the run may be old; null where it could. */
  get unseen(): string | null {
    return this.hasEnded ? null : this._unseen;
  }

  /** Whether nothing drives the run, so that it can be resumed. */
  get isInterrupted(): boolean {
    return this._status.interrupted === true && !this.hasEnded;
  }

  get hasEnded(): boolean {
    return hasEnded(this._status.state);
  }

  /** Whether it was removed, or the server that is asked now does not know it. */
  get isGone(): boolean {
    return this._isGone;
  }

  /** Whether the server tells of it, or is to tell again in a moment. */
  get isListening(): boolean {
    return this._socket !== null || this._isReconnecting;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Follow the log of a task, its end first; null follows none. */
  follow(task: string | null): void {
    this._log = task === null ? null : { task, source: workingFor(this._status, task), text: NO_LOG };
    this._offset = -LOG_BYTES;
    this._attempt = 0;
    this._askForLog();
    this._changed.emit();
  }

  async cancel(): Promise<void> {
    await this._api.cancel(this.id);
  }

  /** Go on with what was interrupted, failed or was cancelled; or only with this task and what waits for it. */
  async resume(task: string | null = null): Promise<void> {
    await this._api.resume(this.id, task);
    this._status = { ...this._status, interrupted: false };
    this._connect();
    watched.forEach(other => other.id === this.id && other.listen()); // it is shown elsewhere in the page too
  }

  /** Hear of it again where nothing was heard any more: it may have been started anew. */
  listen(): void {
    if (!this.isListening) {
      this._connect();
    }
  }

  dispose(): void {
    this._isDisposed = true;
    watched.delete(this);
    document.removeEventListener('visibilitychange', this._saySeen);
    this._results.dispose();
    this._close();
    Signal.clearData(this);
  }

  private _close(): void {
    clearTimeout(this._timer);
    this._connection += 1;
    this._isReconnecting = false;
    const socket = this._socket;
    this._socket = null;
    socket?.close();
  }

  private _connect(): void {
    this._close();
    if (this._isDisposed) {
      return;
    }
    this._isGone = false;
    const socket = this._api.stream(this.id, this._batch);
    this._socket = socket;
    let isHeard = false;
    let isOver = false;
    let said: string | null = null;
    socket.onopen = () => {
      isHeard = true;
      if (document.hidden) {
        this._saySeen();
      }
      this._askForLog();
    };
    socket.onmessage = message => {
      if (this._socket !== socket) {
        return;
      }
      const frame = JSON.parse(String(message.data)) as Frame;
      this._take(frame);
      isOver = frame.kind === 'end' || (isOver && this.hasEnded);
      if (frame.kind === 'error') {
        said = frame.message;
        isOver = false; // it may have been removed
      } else if (frame.kind === 'events') {
        said = null;
      }
    };
    socket.onclose = () => {
      if (this._socket !== socket) {
        return;
      }
      this._socket = null;
      if (!isOver) {
        void this._reconnect(isHeard, said);
      }
    };
  }

  /** Connect again in a moment, unless the run is gone. `said`: what the server said before it ended the connection. */
  private async _reconnect(wasOpen: boolean, said: string | null): Promise<void> {
    this._isReconnecting = true;
    const connection = this._connection;
    const why = wasOpen ? null : await this._whyRefused();
    if (connection !== this._connection) {
      return; // it was let go meanwhile, or connected by other means
    }
    this._trouble = said ?? why?.message ?? cut();
    if (why?.isMissing) {
      this._isGone = true;
      this._isReconnecting = false;
    } else {
      this._timer = setTimeout(() => this._connect(), RETRY_AFTER_MS);
    }
    this._changed.emit();
  }

  /** Why no connection came about, which a browser does not tell; null where the server cannot be reached at all. */
  private async _whyRefused(): Promise<ApiError | null> {
    try {
      await this._api.run(this.id);
    } catch (error) {
      return error instanceof ApiError && error.status !== 0 ? error : null;
    }
    return null;
  }

  /** Say whether somebody sees the page: the server looks at the run less often for one that is hidden. */
  private readonly _saySeen = (): void => {
    this._say({ seen: !document.hidden });
  };

  private _say(wish: Follow): void {
    if (this._socket?.readyState === WebSocket.OPEN) {
      this._socket.send(JSON.stringify(wish));
    }
  }

  private _askForLog(): void {
    if (this._log !== null && this.hasEnded) {
      void this._loadLog(); // nothing streams any more
    } else {
      this._say({ follow: this._log?.source ?? null, offset: this._offset });
    }
  }

  /** A run may have gone on and ended again before anything of it was heard: then the log is another attempt's. */
  private _catchUpWithLog(): void {
    const attempt = this._status.tasks.get(this._log?.source ?? '')?.attempt ?? 0;
    if (this._log !== null && attempt > this._attempt) {
      void this._loadLog();
    }
  }

  private async _loadLog(): Promise<void> {
    const { task, source } = this._log!;
    const attempt = this._status.tasks.get(source)?.attempt ?? 0;
    let text: LogText;
    try {
      const end = await this._api.log(this.id, source);
      text = appended({ pieces: [], start: end.start }, end.text);
    } catch (error) {
      text = appended(NO_LOG, `(${(error as Error).message})`); // a task that never started has none
    }
    if (this._log?.task === task && this._log.source === source && !this._isDisposed) {
      this._log = { task, source, text };
      this._attempt = attempt;
      this._changed.emit();
    }
  }

  /** Load what stands before the part of the log that is here. */
  async loadEarlier(): Promise<void> {
    const before = this._log;
    if (before === null || before.text.start === 0) {
      return;
    }
    const { text, start } = await this._api.log(this.id, before.source, before.text.start);
    const now = this._log;
    if (now?.source === before.source && now.text.start === before.text.start && !this._isDisposed) {
      this._log = { ...now, text: prepended(now.text, text, start) };
      this._changed.emit();
    }
  }

  private _take(frame: Frame): void {
    if (frame.kind === 'events') {
      this._batch = Math.max(this._batch, frame.batch);
      this._trouble = null;
      const hadEnded = this.hasEnded;
      this._status = reduce(this._status, frame.events);
      if (this._log !== null && workingFor(this._status, this._log.task) !== this._log.source) {
        this.follow(this._log.task); // another task works for it now
      }
      if (hadEnded && !this.hasEnded) {
        this._offset = -LOG_BYTES;
        this._attempt = 0;
        this._askForLog(); // it goes on: what is printed now streams again
      }
      if (frame.events.some(event => event.kind === 'task-output')) {
        this._results.ask('all');
      } else if (
        frame.events.some(event => event.kind === 'task-progress' && 'points' in (event.data ?? {}))
      ) {
        this._results.ask('series');
      }
    } else if (frame.kind === 'log') {
      this._takeLog(frame);
    } else if (frame.kind === 'waiting') {
      this._waits = frame.why;
    } else if (frame.kind === 'unseen') {
      this._unseen = frame.why;
    } else if (frame.kind === 'interrupted') {
      this._status = { ...this._status, interrupted: frame.interrupted };
    } else if (frame.kind === 'error') {
      this._trouble = frame.message;
    } else if (frame.kind === 'end') {
      this._results.ask('all');
      this._catchUpWithLog();
    }
    this._changed.emit();
  }

  private _takeLog(frame: LogFrame): void {
    if (frame.task !== this._log?.source) {
      return;
    }
    const isNew = frame.attempt !== this._attempt;
    const before = isNew ? { pieces: [], start: frame.start } : this._log.text;
    this._log = { ...this._log, text: appended(before, frame.text) };
    this._attempt = frame.attempt;
    this._offset = frame.offset;
  }
}

/** The tasks that a run has from the start: elements of its fan-outs come with the events. */
function declaredTasks({ tasks }: RunDocument): string[] {
  return Object.keys(tasks).filter(name => {
    const owner = ownerOf(name);
    return owner === name || typeof tasks[owner]?.elements !== 'number';
  });
}

function cut(): string {
  return trans.__('The connection to the Jupyter server is gone; the run goes on. Connecting again …');
}
