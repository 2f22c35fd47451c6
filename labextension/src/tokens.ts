/** What plugins of the extension give each other. */

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { RunsFrame } from './model/documents';

/** Says when lists of runs are others now: which runs go on, which have ended. Nothing comes while nobody sees the page. */
export interface IRunChanges {
  readonly changed: ISignal<IRunChanges, RunsFrame>;
  /** The server that was heard cannot be heard now; said again with each attempt that fails, until it is back. */
  readonly lost: ISignal<IRunChanges, void>;
}

export const IRunChanges = new Token<IRunChanges>(
  '@kfnb/jupyterlab:IRunChanges',
  'Says when lists of runs are others now.'
);
