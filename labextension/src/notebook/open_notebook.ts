/**
 * A notebook that is open in JupyterLab: its tags, what the server sees in it, and the run that is watched in it.
 *
 * Chips, panel and commands look at it and change it through here; each change of tags is one step of undo.
 */

import { Notification } from '@jupyterlab/apputils';
import type { Cell, ICellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { ApiError, type Api } from '../api';
import { shortened } from '../graph/model';
import type { Edit } from '../model/comments';
import type { Analysis, Step } from '../model/documents';
import { stepsIn, type TaggedCell, type TaggedStep } from '../model/tags';
import { trans } from '../model/words';
import type { Homecoming } from '../run/bring_home';
import { RunDraft } from '../run/draft';
import type { RunSession } from '../run/session';
import { ContentChanges } from './content_changes';
import { Folding } from './folding';
import { Saved } from './saved';
import { Scrolling } from './scrolling';
import { Suggesting } from './suggesting';
import { ENTRY, makeUndoable, undoneAlone } from './undoable';

const QUIET_MS = 500;
/** How long after a key nothing is drawn again: chips and panel of a long notebook would make the next key late. */
const PAUSE_MS = 100;
/** After how long a server that could not be reached is asked again. */
const AGAIN_MS = 3000;
const NOTE_MS = 4000;
/** So much of a cell's first line names it. */
const LINE_LIMIT = 60;

export class OpenNotebook implements IDisposable {
  readonly panel: NotebookPanel;
  readonly folding: Folding;
  /** The run of it that is about to be started. */
  readonly draft: RunDraft;
  /** The steps that are proposed for it. */
  readonly suggesting: Suggesting;
  private readonly _saved: Saved;
  private readonly _scrolling: Scrolling;
  private readonly _content: ContentChanges;
  private readonly _api: Api;
  private readonly _view = UUID.uuid4();
  private readonly _contents: Contents.IManager;
  private readonly _changed = new Signal<this, void>(this);
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _pause: ReturnType<typeof setTimeout> | undefined;
  private _analysis: Analysis | null = null;
  private _comments: ReadonlyMap<string, readonly string[]> = new Map();
  private _trouble: ApiError | null = null;
  private _session: RunSession | null = null;
  private _home: Homecoming | null = null;
  private _isDisposed = false;
  private _asked = 0;

  constructor(panel: NotebookPanel, api: Api, contents: Contents.IManager) {
    this.panel = panel;
    this.folding = new Folding(panel.content);
    this._saved = new Saved(panel.context.model.sharedModel);
    this._scrolling = new Scrolling(panel.content);
    this._api = api;
    this._contents = contents;
    makeUndoable(panel.context.model.sharedModel);
    this.draft = new RunDraft(this, api);
    this.suggesting = new Suggesting(
      () => api.suggest(this.path, this.withoutOutputs()),
      () => (this._isDisposed ? '' : JSON.stringify(this.cells))
    );
    this._content = new ContentChanges(panel.context.model.sharedModel, () => this._onContent());
    panel.context.pathChanged.connect(this._onContent, this);
    panel.content.activeCellChanged.connect(this._emit, this);
    panel.content.selectionChanged.connect(this._emit, this);
    panel.context.model.stateChanged.connect(this._emit, this);
    panel.disposed.connect(() => this.dispose());
    this._schedule(0);
  }

  /** Tags, analysis, selection or the watched run are different from before. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get analysis(): Analysis | null {
    return this._analysis;
  }

  /** Why the server does not say what it sees. */
  get trouble(): ApiError | null {
    return this._trouble;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get isReadOnly(): boolean {
    return this.panel.context.model.readOnly || this.panel.context.contentsModel?.writable === false;
  }

  /**
   * Whether a run of the file is one of what is on screen. What a kernel that starts writes into a notebook that can only
   * be read is no change of a person's.
   */
  get isSaved(): boolean {
    return this.isReadOnly ? !this._saved.isOther : !this.panel.context.model.dirty;
  }

  /** Whether the file was written by another tab or a program since it was read or saved here. */
  async isOtherOnDisk(): Promise<boolean> {
    const { contentsModel, path } = this.panel.context;
    try {
      const there = await this._contents.get(path, { content: false, hash: true });
      return contentsModel?.hash && there.hash
        ? contentsModel.hash !== there.hash
        : contentsModel?.last_modified !== there.last_modified;
    } catch {
      return false; // it is gone: whoever needs it says so
    }
  }

  /** The path below the server's root. */
  get path(): string {
    return this._contents.localPath(this.panel.context.path);
  }

  get session(): RunSession | null {
    return this._session;
  }

  /** The run that is shown in this notebook; the one before is let go, and this one where the notebook was closed meanwhile. */
  set session(session: RunSession | null) {
    if (this._isDisposed) {
      session?.dispose();
      return;
    }
    this._session?.dispose();
    this._session = session;
    session?.changed.connect(this._emit, this);
    this._emit();
  }

  /** What was brought home into it, from whichever runs, until that is taken back. */
  get home(): Homecoming | null {
    return this._home;
  }

  set home(home: Homecoming | null) {
    this._home = home;
    this._emit();
  }

  /** The cells as their tags say them, and their comments as the server read them last, in order. */
  get cells(): TaggedCell[] {
    return [...this.panel.content.model!.cells].map(cell => ({
      id: cell.id,
      isCode: cell.type === 'code',
      tags: tagsOf(cell),
      comment: this._comments.get(cell.id) ?? []
    }));
  }

  get taggedSteps(): TaggedStep[] {
    return stepsIn(this.cells);
  }

  /** The step that a cell belongs to, by tags and comments. */
  stepAt(cellId: string): TaggedStep | null {
    return this.taggedSteps.find(step => step.cells.some(cell => cell.id === cellId)) ?? null;
  }

  /** What the server sees of a step, null where it has not seen it. */
  seen(name: string): Step | null {
    return this._analysis?.steps.find(step => step.name === name) ?? null;
  }

  /** The place of a step's colour: the server's, or that of its first cell where the server has not seen it. */
  colorIndex(name: string): number {
    return (
      this.seen(name)?.color_index ??
      Math.max(
        0,
        this.taggedSteps.findIndex(step => step.name === name)
      )
    );
  }

  /** The ids of the cells that are selected. */
  get selectedCells(): string[] {
    const { content } = this.panel;
    return content.widgets.filter(cell => content.isSelectedOrActive(cell)).map(cell => cell.model.id);
  }

  /** Write the tags of cells. It is one step of undo, and nothing else of the notebook changes. */
  writeTags(changes: ReadonlyMap<string, readonly string[]>): void {
    this.change(() => {
      for (const cell of this.panel.content.model!.cells) {
        const tags = changes.get(cell.id);
        if (tags !== undefined && tags.length > 0) {
          cell.setMetadata('tags', [...tags]);
        } else if (tags !== undefined) {
          cell.deleteMetadata('tags');
        }
      }
    });
    this._schedule(0);
  }

  /** Write into the sources of cells what `edited` makes of them; null leaves one as it is. It is one step of undo. */
  writeSources(ids: readonly string[], edited: (source: string) => Edit | null): void {
    this.change(() => {
      for (const cell of this.panel.content.model!.cells) {
        const edit = ids.includes(cell.id) ? edited(cell.sharedModel.getSource()) : null;
        if (edit !== null) {
          cell.sharedModel.updateSource(edit.start, edit.end, edit.text);
        }
      }
    });
  }

  /** What the notebook's metadata say beside the tags. */
  get placements(): unknown {
    return this.panel.content.model!.getMetadata(ENTRY) as unknown;
  }

  /** Write what `withPlacement` or `withRenamed` made of it. It is one step of undo, and nothing else of the notebook changes. */
  writePlacements(about: unknown): void {
    const model = this.panel.content.model!;
    this.change(() => {
      if (about !== undefined && Object.keys(about as object).length > 0) {
        model.setMetadata(ENTRY, about);
      } else {
        model.deleteMetadata(ENTRY);
      }
    });
    this._schedule(0);
  }

  /** Make changes to the notebook that are undone together, and without what was typed shortly before or after. */
  change(act: () => void): void {
    undoneAlone(this.panel.content.model!.sharedModel, act);
    this._emit();
  }

  /** Scroll the cells with these ids into view and select them; it is said where all of them were deleted. */
  async select(ids: readonly string[]): Promise<void> {
    const { content } = this.panel;
    const places = content.widgets.flatMap((cell, index) => (ids.includes(cell.model.id) ? [index] : []));
    const [first] = places;
    if (first === undefined) {
      if (ids.length > 0) {
        const gone = trans._n(
          'The cell is not in this notebook any more.',
          'The cells are not in this notebook any more.',
          ids.length
        );
        Notification.warning(gone, { autoClose: NOTE_MS });
      }
      return;
    }
    places.forEach(index => this.folding.unfold(content.widgets[index]!));
    content.deselectAll();
    content.activeCellIndex = first;
    places.slice(1).forEach(index => content.select(content.widgets[index]!));
    await this._scrolling.to(content.widgets[first]!);
  }

  /** What a cell is called to a person: its step, if it is in one, and its first line. */
  nameOf(cellId: string): string {
    const source = this.cellWithId(cellId)?.model.sharedModel.getSource() ?? '';
    const line = source.split('\n').find(text => text.trim() !== '') ?? '';
    const parts = [this.stepAt(cellId)?.name ?? '', shortened(line.trim(), LINE_LIMIT)];
    return parts.filter(part => part !== '').join(' · ') || cellId;
  }

  cellWithId(id: string): Cell | undefined {
    return this.panel.content.widgets.find(cell => cell.model.id === id);
  }

  /** Ask the server anew. */
  refresh(): void {
    this._schedule(0);
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._timer);
    clearTimeout(this._pause);
    this._session?.dispose();
    this.draft.dispose();
    this._saved.dispose();
    this._content.dispose();
    Signal.clearData(this);
  }

  private _emit(): void {
    if (!this._isDisposed) {
      void this.suggesting.keepUp();
      this._changed.emit();
    }
  }

  private _onContent(): void {
    this._schedule(QUIET_MS);
    clearTimeout(this._pause);
    this._pause = setTimeout(() => {
      this._pause = undefined;
      this._emit();
    }, PAUSE_MS);
  }

  private _schedule(wait: number): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this._analyse(), wait);
  }

  private async _analyse(): Promise<void> {
    await this.panel.context.ready;
    const asked = ++this._asked;
    const isLate = (): boolean => this._isDisposed || asked !== this._asked;
    if (isLate()) {
      return;
    }
    try {
      const analysis = await this._api.analyse(this.path, this.withoutOutputs(), this._view);
      if (isLate()) {
        return;
      }
      this._analysis = analysis;
      this._comments = new Map(analysis.comments.map(({ cell_id, tags }) => [cell_id, tags]));
      this._trouble = null;
    } catch (error) {
      if (isLate() || (error instanceof ApiError && error.status === 409)) {
        return; // a newer question is on its way
      }
      this._trouble = error instanceof ApiError ? error : new ApiError((error as Error).message, 0);
      if (this._trouble.isAway) {
        this._schedule(AGAIN_MS);
      }
    }
    if (this._pause === undefined) {
      this._emit(); // else keys come, and it is drawn in the next pause
    }
  }

  /** The notebook as it is on screen; outputs say nothing about the pipeline and may be large. */
  withoutOutputs(): Readonly<Record<string, unknown>> {
    const shared = this.panel.content.model!.sharedModel;
    return {
      nbformat: shared.nbformat,
      nbformat_minor: shared.nbformat_minor,
      metadata: shared.getMetadata(),
      cells: shared.cells.map(cell => {
        const plain = {
          id: cell.getId(),
          cell_type: cell.cell_type,
          metadata: cell.getMetadata(),
          source: cell.getSource()
        };
        return cell.cell_type === 'code' ? { ...plain, outputs: [], execution_count: null } : plain;
      })
    };
  }
}

/** The tags of a cell. */
export function tagsOf(cell: ICellModel): string[] {
  const tags = cell.getMetadata('tags') as unknown;
  return Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [];
}
