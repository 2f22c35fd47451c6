/**
 * The item of the status bar that says how many runs are going on: those of the open notebooks, which are known at once,
 * and all others, of which the server tells. It notices when one ends.
 */

import type { IStatusBar } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal, type ISignal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { ApiError, type Api } from '../api';
import type { RunDocument, RunsFrame } from '../model/documents';
import { countLiving, LivingOnes, type SeenRun } from '../model/living';
import type { OpenNotebook } from '../notebook/open_notebook';
import type { OpenNotebooks } from '../notebook/open_notebooks';
import type { IRunChanges } from '../tokens';
import type { RunSession } from './session';
import { silentOnes, wake } from './watched';

/** A server that is away is asked again how a run has ended. */
const AGAIN_AFTER_MS = 10_000;

export interface LivingRunsParts {
  readonly notebooks: OpenNotebooks;
  readonly api: Api;
  readonly changes: IRunChanges;
  readonly trans: TranslationBundle;
  /** Shows a run: that of this notebook, or where none of the open ones has a living run the page of all runs. */
  readonly onChoose: (notebook: OpenNotebook | null) => void;
  /** A run has ended that an open notebook shows, or that this person started wherever it was. */
  readonly onEnd: (run: RunDocument) => void;
}

/** Shows the number of living runs while there are any. */
export class LivingRuns extends Widget {
  private readonly _parts: LivingRunsParts;
  private readonly _button = document.createElement('button');
  private readonly _toggled = new Signal<this, void>(this);
  private readonly _living = new LivingOnes();
  private _person: Promise<string | null> | null = null;
  private _listed: readonly string[] = [];
  private _count = 0;
  /** When the runs ended of whose end was told. */
  private readonly _told = new Map<string, string | null>();

  constructor(parts: LivingRunsParts) {
    super();
    this._parts = parts;
    const { notebooks, changes, trans, onChoose } = parts;
    this.addClass('kfnb-living-runs');
    this._button.type = 'button';
    this._button.title = trans.__('Show the run, its graph and its log');
    this._button.addEventListener('click', () => onChoose([...notebooks].find(isLive) ?? null));
    this.node.append(this._button);
    changes.changed.connect(this._hear, this);
    [...notebooks].forEach(notebook => notebook.changed.connect(this._look, this));
    notebooks.added.connect((_, notebook) => notebook.changed.connect(this._look, this));
    notebooks.currentChanged.connect(this._look, this); // also where one was closed
  }

  /** What the status bar asks for: shown only while there is a run. */
  get item(): IStatusBar.IItem {
    const toggled: ISignal<this, void> = this._toggled;
    return { item: this, align: 'left', isActive: () => this._count > 0, activeStateChanged: toggled };
  }

  override dispose(): void {
    Signal.clearData(this);
    super.dispose();
  }

  /** Some runs go on now, some have ended that may have begun since the last time. */
  private _hear(_: IRunChanges, { living, ended }: RunsFrame): void {
    wake(silentOnes(), [...living, ...ended]);
    this._listed = living;
    const seen = this._seen();
    this._recount(seen);
    new Set([...this._living.list(living, seen), ...ended]).forEach(id => void this._lookAtEnd(id));
  }

  private _look(): void {
    const seen = this._seen();
    this._recount(seen);
    this._living.see(seen).forEach(id => void this._lookAtEnd(id));
  }

  private _seen(): readonly SeenRun[] {
    return [...this._parts.notebooks].flatMap(notebook => seenRun(notebook) ?? []);
  }

  /** A run is not among the living any more: it has ended, or was interrupted or deleted. */
  private async _lookAtEnd(id: string): Promise<void> {
    const { api } = this._parts;
    if (this.isDisposed) {
      return;
    }
    try {
      const run = await api.run(id);
      if (!run.ended) {
        if (!run.interrupted) {
          this._living.keep(id);
        }
      } else if (this._seen().some(seen => seen.id === id) || (await this._isOwn(run))) {
        this._tell(run);
      }
    } catch (error) {
      if (!(error instanceof ApiError && error.isMissing)) {
        setTimeout(() => void this._lookAtEnd(id), AGAIN_AFTER_MS); // the server is away
      }
    }
  }

  /** Tell of an end once, though a notebook saw it and the server told it too. */
  private _tell(run: RunDocument): void {
    if (this._told.get(run.run_id) !== run.finished) {
      this._told.set(run.run_id, run.finished);
      this._parts.onEnd(run);
    }
  }

  private async _isOwn({ started_by }: RunDocument): Promise<boolean> {
    return started_by !== null && started_by === (await this._who());
  }

  /** The person who works here; asked once, and again where nobody answered. */
  private async _who(): Promise<string | null> {
    this._person ??= this._parts.api.version().then(({ person }) => person);
    try {
      return await this._person;
    } catch (error) {
      this._person = null;
      throw error;
    }
  }

  private _recount(seen: readonly SeenRun[]): void {
    const count = countLiving(this._listed, seen);
    if (count === this._count) {
      return;
    }
    this._count = count;
    const { trans } = this._parts;
    this._button.textContent = trans._n('▶ %1 run is going on', '▶ %1 runs are going on', count);
    this._toggled.emit();
  }
}

/** The run that an open notebook shows, if there is one. */
function seenRun({ session }: OpenNotebook): SeenRun | null {
  return session === null || session.isDisposed ? null : { id: session.id, isLiving: isLiving(session) };
}

function isLive(notebook: OpenNotebook): boolean {
  return seenRun(notebook)?.isLiving === true;
}

/** Whether a run goes on; of one that has just been opened only its document is known, not yet its events. */
function isLiving({ hasEnded, isInterrupted, isGone, status, document }: RunSession): boolean {
  return !hasEnded && !isInterrupted && !isGone && !(status.started === null && document.ended);
}
