/** The item of the status bar that says how many runs are going on in the open notebooks. */

import type { IStatusBar } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal, type ISignal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import type { OpenNotebook } from '../notebook/open_notebook';
import type { OpenNotebooks } from '../notebook/open_notebooks';
import type { RunSession } from './session';

/** Shows the number of living runs; `onChoose` is told a notebook that has one when it is clicked. */
export class LivingRuns extends Widget {
  private readonly _notebooks: OpenNotebooks;
  private readonly _trans: TranslationBundle;
  private readonly _button = document.createElement('button');
  private readonly _toggled = new Signal<this, void>(this);
  private _count = 0;

  constructor(
    notebooks: OpenNotebooks,
    trans: TranslationBundle,
    onChoose: (notebook: OpenNotebook) => void
  ) {
    super();
    this._notebooks = notebooks;
    this._trans = trans;
    this.addClass('kfnb-living-runs');
    this._button.type = 'button';
    this._button.title = trans.__('Show the run, its graph and its log');
    this._button.addEventListener('click', () => {
      const notebook = [...notebooks].find(isLive);
      if (notebook !== undefined) {
        onChoose(notebook);
      }
    });
    this.node.append(this._button);
    [...notebooks].forEach(notebook => notebook.changed.connect(this._recount, this));
    notebooks.added.connect((_, notebook) => notebook.changed.connect(this._recount, this));
    notebooks.currentChanged.connect(this._recount, this); // also where one was closed
  }

  /** What the status bar asks for: shown only while there is a run. */
  get item(): IStatusBar.IItem {
    const toggled: ISignal<this, void> = this._toggled;
    return { item: this, align: 'left', isActive: () => this._count > 0, activeStateChanged: toggled };
  }

  private _recount(): void {
    const runs = new Set([...this._notebooks].filter(isLive).map(notebook => notebook.session!.id));
    if (runs.size === this._count) {
      return;
    }
    this._count = runs.size;
    this._button.textContent = this._trans._n('▶ %1 run is going on', '▶ %1 runs are going on', runs.size);
    this._toggled.emit();
  }
}

function isLive(notebook: OpenNotebook): boolean {
  return notebook.session !== null && !notebook.session.isDisposed && isLiving(notebook.session);
}

/** Whether a run goes on; of one that has just been opened only its document is known, not yet its events. */
function isLiving({ hasEnded, isInterrupted, status, document }: RunSession): boolean {
  return !hasEnded && !isInterrupted && !(status.started === null && document.ended);
}
