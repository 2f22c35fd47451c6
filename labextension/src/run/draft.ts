/**
 * The run of a notebook that a person is about to start: what is filled in, what stands against it where it is to go,
 * and its start. The form shows it; the commands and buttons of a step start one too.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal, type ISignal } from '@lumino/signaling';

import { ApiError, type Api } from '../api';
import type { Finding, Started } from '../model/documents';
import { firstForm, keepForm, moveForm, OF_ONE_RUN, type FilledForm } from '../model/filled_form';
import { trans } from '../model/words';
import type { OpenNotebook } from '../notebook/open_notebook';
import { checkOf, requestOf } from './request';
import { RunSession } from './session';
import { startRun, type Consent } from './start';

const QUIET_MS = 300;
/** After how long it is tried again to show a run that has begun. */
const AGAIN_MS = 1000;

/** What was found out about a place before a run there. `trouble`: why it could not be asked. */
export interface Preflight {
  readonly cluster: string;
  readonly findings: readonly Finding[];
  readonly ready: boolean;
  readonly trouble: ApiError | null;
}

export class RunDraft {
  private readonly _notebook: OpenNotebook;
  private readonly _api: Api;
  private readonly _changed = new Signal<this, void>(this);
  private _path: string;
  private _form: FilledForm;
  private _isStarting = false;
  private _refusal: ApiError | null = null;
  private _warnings: readonly Finding[] = [];
  private _started: string | null = null;
  private _unseen: string | null = null;
  private _isLost = false;
  private _showing: ReturnType<typeof setTimeout> | undefined;
  private _preflight: Preflight | null = null;
  private _isAsking = false;
  private _asked = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;

  constructor(notebook: OpenNotebook, api: Api) {
    this._notebook = notebook;
    this._api = api;
    this._path = notebook.path;
    this._form = firstForm(api.settings.baseUrl, this._path);
    notebook.panel.context.pathChanged.connect(this._renamed, this);
  }

  /** What is filled in, found or refused is different from before. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get form(): FilledForm {
    return this._form;
  }

  fillIn(change: Partial<FilledForm>): void {
    this._form = { ...this._form, ...change };
    this._changed.emit();
  }

  get isStarting(): boolean {
    return this._isStarting;
  }

  /** Why the last start was refused. */
  get refusal(): ApiError | null {
    return this._refusal;
  }

  /** The id of the run that was started last. */
  get started(): string | null {
    return this._started;
  }

  /** Why it is not shown, though it has begun. */
  get unseen(): string | null {
    return this._unseen;
  }

  /** Whether the server's answer to the start was lost, and it is not known yet whether the run has begun. */
  get isLost(): boolean {
    return this._isLost;
  }

  /** What was doubtful about it. */
  get warnings(): readonly Finding[] {
    return this._warnings;
  }

  /** What stands against a run as it is filled in; null: not asked. */
  get preflight(): Preflight | null {
    return this._preflight;
  }

  /** Whether the place is being asked. */
  get isAsking(): boolean {
    return this._isAsking;
  }

  /** Start the run; say whether it has begun. `change`: what is other than filled in, this once. */
  async start(
    consent: Consent,
    trans: TranslationBundle,
    change: Partial<FilledForm> = {}
  ): Promise<boolean> {
    const form = { ...this._form, ...change };
    this._isStarting = true;
    this._refusal = null;
    this._changed.emit();
    keepForm(this._api.settings.baseUrl, this._notebook.path, this._form);
    let started: Started | null = null;
    try {
      const request = requestOf(this._notebook, form);
      started = await startRun(this._notebook, this._api, consent, trans, request, () => {
        this._isLost = true;
        this._changed.emit();
      });
    } catch (error) {
      this._refusal = error instanceof ApiError ? error : new ApiError((error as Error).message, 0);
    }
    this._isLost = false;
    if (started !== null) {
      this._warnings = started.warnings;
      this._started = started.run_id;
      this._unseen = null;
      clearTimeout(this._showing);
      await this._show(started.run_id);
    }
    this._isStarting = false;
    this._changed.emit();
    return started !== null;
  }

  /** Show a run that has begun, if it is `wanted` still. Where it cannot be shown that is said, and tried again. */
  private async _show(run: string, wanted = (): boolean => true): Promise<void> {
    try {
      const session = await RunSession.open(this._api, run);
      this._unseen = null;
      if (wanted()) {
        this._notebook.session = session;
      } else {
        session.dispose();
      }
    } catch (error) {
      this._unseen = trans.__('The run %1 has begun, but cannot be shown: %2', run, (error as Error).message);
      if (error instanceof ApiError && error.isPassing && !this._notebook.isDisposed) {
        this._showSoon(run);
      }
    }
    this._changed.emit();
  }

  /** Try to show a run in a moment, unless another one is looked at by then. */
  private _showSoon(run: string): void {
    const shown = this._notebook.session;
    const isWanted = (): boolean => this._notebook.session === shown && this._started === run;
    const show = (): void => {
      if (isWanted()) {
        void this._show(run, isWanted);
      } else {
        this._unseen = null;
        this._changed.emit();
      }
    };
    this._showing = setTimeout(show, AGAIN_MS);
  }

  /** Start it as it is filled in; what was about this one run is in the form no more then. */
  async startFilledIn(consent: Consent, trans: TranslationBundle): Promise<boolean> {
    const hasBegun = await this.start(consent, trans);
    if (hasBegun) {
      this.fillIn(OF_ONE_RUN);
    }
    return hasBegun;
  }

  /** Ask the place where the run is to go what stands against it, as soon as no further change comes. */
  lookAhead(): void {
    clearTimeout(this._timer);
    this._isAsking = true;
    this._timer = setTimeout(() => void this._ask(), QUIET_MS);
    this._changed.emit();
  }

  /** Nothing is to be asked: there is nothing that the place could lack. */
  forgetPreflight(): void {
    clearTimeout(this._timer);
    this._asked += 1;
    this._isAsking = false;
    this._preflight = null;
    this._changed.emit();
  }

  dispose(): void {
    clearTimeout(this._timer);
    clearTimeout(this._showing);
    this._asked += 1;
    Signal.clearData(this);
  }

  private _renamed(): void {
    const { path } = this._notebook;
    moveForm(this._api.settings.baseUrl, this._path, path);
    this._path = path;
  }

  private async _ask(): Promise<void> {
    const asked = ++this._asked;
    const { cluster } = this._form;
    let found: Preflight;
    try {
      const { ready, diagnostics } = await this._api.check(checkOf(this._notebook, this._form));
      found = { cluster, ready, findings: diagnostics, trouble: null };
    } catch (error) {
      const trouble = error instanceof ApiError ? error : new ApiError((error as Error).message, 0);
      found = { cluster, ready: false, findings: trouble.findings, trouble };
    }
    if (asked === this._asked) {
      this._preflight = found;
      this._isAsking = false;
      this._changed.emit();
    }
  }
}
