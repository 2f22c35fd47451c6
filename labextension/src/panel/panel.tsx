/**
 * The side panel: tabs *Step*, *Pipeline* and *Run* of the notebook that a person works in, and what is wrong with it;
 * the tab *Clusters* says where runs can go.
 */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Signal, type ISignal } from '@lumino/signaling';
import * as React from 'react';

import type { Api } from '../api';
import type { Cluster } from '../model/documents';
import type { OpenNotebooks } from '../notebook/open_notebooks';
import type { Consent } from '../run/start';
import type { IRunChanges } from '../tokens';
import { untilLoaded } from '../until_loaded';
import type { ClusterForm } from './cluster_editor';

export type TabName = 'step' | 'pipeline' | 'run' | 'clusters';

/** What a command asks of the tab *Clusters*. */
export type ClusterWish =
  { readonly what: 'add' } | { readonly what: 'edit' | 'make-default' | 'forget'; readonly cluster: Cluster };

/** After a command JupyterLab's palette gives the focus back to the notebook; that takes two frames, more where it is busy. */
const FRAMES_OF_PALETTE = 3;
const FRAMES_OF_BUSY_PALETTE = 60;

const PanelView = React.lazy(() => untilLoaded(() => import('./panel_view')));

/** What all of the panel works with. */
export interface PanelParts {
  readonly notebooks: OpenNotebooks;
  readonly api: Api;
  readonly consent: Consent;
  readonly changes: IRunChanges;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

export class KfnbPanel extends ReactWidget {
  /** The form of a cluster that is open in the tab *Clusters*; null: none is. */
  clusterForm: ClusterForm | null = null;
  private readonly _parts: PanelParts;
  private readonly _chosen = new Signal<this, void>(this);
  private _tab: TabName = 'step';
  private _wasSeen = false;
  private _wish: ClusterWish | null = null;

  constructor(parts: PanelParts) {
    super();
    this._parts = parts;
    this.addClass('kfnb-panel');
  }

  /** Another tab is shown. */
  get chosen(): ISignal<this, void> {
    return this._chosen;
  }

  get tab(): TabName {
    return this._tab;
  }

  set tab(name: TabName) {
    this._tab = name;
    this._chosen.emit();
  }

  /** Show the tab *Clusters*, which does what is asked of it. */
  wishOfClusters(wish: ClusterWish): void {
    this._wish = wish;
    this.tab = 'clusters';
  }

  /** What was asked of it since that was last taken. */
  takeWish(): ClusterWish | null {
    const wish = this._wish;
    this._wish = null;
    return wish;
  }

  /** Put the focus on the chosen tab, from where a person goes on by keys; it stays there until one is pressed. */
  async takeFocus(): Promise<void> {
    await untilLoaded(() => import('./panel_view'));
    const hold = new AbortController();
    for (let frame = 1; frame <= FRAMES_OF_BUSY_PALETTE && !hold.signal.aborted; frame++) {
      await new Promise(resolve => requestAnimationFrame(resolve));
      if (frame === FRAMES_OF_PALETTE) {
        for (const kind of ['keydown', 'pointerdown']) {
          document.addEventListener(kind, () => hold.abort(), { capture: true, signal: hold.signal });
        }
      }
      const isGivenBack = frame > FRAMES_OF_PALETTE && isInNotebook(document.activeElement);
      if (frame === FRAMES_OF_PALETTE || isGivenBack) {
        this.node.querySelector<HTMLElement>(`#kfnb-tab-${this._tab}`)?.focus();
      }
    }
    hold.abort();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._see();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._see();
  }

  protected override render(): JSX.Element | null {
    const { trans } = this._parts;
    const waiting = trans.__('The panel is being loaded. If that takes long, load this page again.');
    return !this._wasSeen ? null : (
      <React.Suspense fallback={<p className="kfnb-quiet">{waiting}</p>}>
        <PanelView panel={this} {...this._parts} />
      </React.Suspense>
    );
  }

  private _see(): void {
    if (!this._wasSeen && this.isVisible) {
      this._wasSeen = true;
      this.update();
    }
  }
}

/** Whether the focus is where JupyterLab puts it by itself: in a notebook, or nowhere. */
function isInNotebook(focused: Element | null): boolean {
  return focused === null || focused === document.body || focused.closest('.jp-Notebook') !== null;
}
