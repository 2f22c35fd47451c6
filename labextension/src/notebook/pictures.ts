/**
 * Pictures of runs that went on when the notebook was saved, and plain forms of other widgets that lost their kernel.
 *
 * The kernel that drew them keeps none up to date that was read from a file, or of which it has lost the widget. So they
 * follow their runs here, until these end. The notebook counts as saved or not as before: its file gets the new picture
 * with the next save.
 */

import type { ICodeCellModel } from '@jupyterlab/cells';
import type { IOutput } from '@jupyterlab/nbformat';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';

import type { Api } from '../api';
import { hasStillWidget, livingRun, redrawnData, WIDGET_VIEW } from '../model/living_picture';
import { RunSession } from '../run/session';

/** Time between two pictures of a run. */
const EVERY_MS = 2000;

/** A server that is away tells of news when it is back. */
const LATER = (): void => undefined;

type Data = Readonly<Record<string, unknown>>;

/** What all views of a notebook share: its model and its kernel. */
type Shared = NotebookPanel['context'];

/** The notebooks whose pictures are kept right. */
const kept = new WeakSet<Shared>();

/**
 * Keep the pictures of a notebook right until the last of its views is closed. A further view changes nothing: the widgets
 * that it shows live, in the kernel of the first.
 */
export function keepPictures(shared: Shared, api: Api): void {
  if (!kept.has(shared)) {
    kept.add(shared);
    new Pictures(shared, api);
  }
}

class Pictures {
  private readonly _followed = new Set<string>();

  constructor(
    private readonly _shared: Shared,
    private readonly _api: Api
  ) {
    const { sessionContext } = _shared;
    sessionContext.kernelChanged.connect(this._look, this);
    sessionContext.statusChanged.connect((_, status) => {
      if (['restarting', 'autorestarting', 'dead'].includes(status)) {
        this._look();
      }
    });
    this._look();
  }

  /** Find the pictures that nobody keeps up to date: all, as no widget lives. */
  private _look(): void {
    if (this._shared.isDisposed) {
      return; // its kernel ends with it
    }
    this._keepingClean(() => {
      for (const { data, replace } of this._outputs()) {
        if (hasStillWidget(data)) {
          replace(redrawnData(data, {}));
        }
      }
    });
    const runs = new Set([...this._outputs()].flatMap(({ data }) => livingRun(data) ?? []));
    runs.forEach(run => void this._follow(run).catch(LATER));
  }

  /** Draw a run, and again whenever there is news of it. One that the server does not know stays as it is. */
  private async _follow(run: string): Promise<void> {
    if ((await this._draw(run, true)) || this._followed.has(run)) {
      return;
    }
    this._followed.add(run);
    const session = await this._open(run);
    if (session === null) {
      return;
    }
    const stop = (): void => session.dispose();
    const { disposed } = this._shared;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const redraw = async (): Promise<void> => {
      timer = undefined;
      if (await this._draw(run, false)) {
        this._followed.delete(run);
        disposed.disconnect(stop);
        stop();
      }
    };
    session.changed.connect(() => (timer ??= setTimeout(() => void redraw().catch(LATER), EVERY_MS)));
    disposed.connect(stop);
  }

  /** Watch a run; null where the notebook was closed meanwhile. One that could not be watched may be tried again. */
  private async _open(run: string): Promise<RunSession | null> {
    try {
      const session = await RunSession.open(this._api, run);
      if (!this._shared.isDisposed) {
        return session;
      }
      session.dispose();
    } catch (error) {
      this._followed.delete(run);
      throw error;
    }
    return null;
  }

  /** Draw a run as it is now; say whether that was the last time. `withWidgets`: in the place of widgets too. */
  private async _draw(run: string, withWidgets: boolean): Promise<boolean> {
    const { html, text } = await this._api.picture(run);
    if (this._shared.isDisposed) {
      return true;
    }
    const picture: Data = { 'text/html': html, 'text/plain': text };
    const old = [...this._outputs()].filter(
      ({ data }) => livingRun(data) === run && (withWidgets || !(WIDGET_VIEW in data))
    );
    this._keepingClean(() => old.forEach(({ data, replace }) => replace(redrawnData(data, picture))));
    return old.length === 0 || livingRun(picture) === null;
  }

  /** Change what cells show; the notebook counts as saved or not as before. */
  private _keepingClean(change: () => void): void {
    const { model } = this._shared;
    const wasDirty = model.dirty;
    change();
    model.dirty = wasDirty;
  }

  /** Everything that the cells show, each with what puts other data in its place. */
  private *_outputs(): Generator<{ data: Data; replace: (data: Data) => void }> {
    for (const cell of (this._shared.model as INotebookModel).cells) {
      const outputs = cell.type === 'code' ? (cell as ICodeCellModel).outputs : null;
      for (let place = 0; outputs !== null && place < outputs.length; place++) {
        const output = outputs.get(place);
        const replace = (data: Data): void => outputs.set(place, { ...output.toJSON(), data } as IOutput);
        yield { data: output.data, replace };
      }
    }
  }
}
