/** How a state looks: an icon, a word and a colour of JupyterLab's theme; the same icons and words as kfnb/drawing/states.py. */

import type { NodeStatus } from './model';
import type { State } from '../model/run_state';
import { trans } from '../model/words';

/** `colour` is a CSS colour that follows the theme and has a fallback where there is none. */
export interface Look {
  readonly icon: string;
  readonly word: string;
  readonly colour: string;
}

const QUIET = 'var(--jp-ui-font-color2, #5c6b7a)';
const GOOD = 'var(--jp-success-color1, #2f8a4a)';
const WARN = 'var(--jp-warn-color1, #b07d1a)';

const LOOKS: Readonly<Record<string, Look>> = {
  PENDING: { icon: '○', word: trans.__('pending'), colour: QUIET },
  RUNNING: { icon: '▶', word: trans.__('running'), colour: 'var(--jp-brand-color1, #2f74c0)' },
  SUCCEEDED: { icon: '✔', word: trans.__('succeeded'), colour: GOOD },
  SKIPPED: { icon: '⤼', word: trans.__('skipped'), colour: QUIET },
  FAILED: { icon: '✖', word: trans.__('failed'), colour: 'var(--jp-error-color1, #c23b32)' },
  CANCELING: { icon: '◌', word: trans.__('canceling'), colour: WARN },
  CANCELED: { icon: '■', word: trans.__('canceled'), colour: WARN },
  INTERRUPTED: { icon: '⏸', word: trans.__('interrupted'), colour: WARN }
};
const CACHED: Look = { icon: '⚡', word: trans.__('cached'), colour: GOOD };
const WAITING: Look = { icon: '◔', word: trans.__('waiting'), colour: WARN };

/** What a step without a run looks like. */
export const NO_STATE: Look = { icon: '', word: '', colour: 'var(--jp-border-color0, #8593a3)' };

/** Return how a step stands to look, in the person's words: one that waits for a reason is told from one not due yet. */
export function lookOf(status: NodeStatus | undefined): Look {
  const look = englishLookOf(status);
  return look.word === '' ? look : { ...look, word: trans.__(look.word) };
}

/** What is known of how a run stands. */
export interface RunStanding {
  readonly state: State;
  readonly interrupted: boolean;
}

/** Return how a run stands to look wherever one is named: of one that nothing drives its state is not true any more. */
export function lookOfRun({ state, interrupted }: RunStanding): Look {
  return lookOf({ state: interrupted ? 'INTERRUPTED' : state });
}

function englishLookOf(status: NodeStatus | undefined): Look {
  if (status === undefined) {
    return NO_STATE;
  }
  if (status.cached && status.state === 'SUCCEEDED') {
    return CACHED;
  }
  if (status.state === 'PENDING' && status.why) {
    return WAITING;
  }
  return LOOKS[status.state] ?? LOOKS.PENDING!;
}

/** Return a time span in at most two units: 0.4 s, 12.3 s, 3 min 05 s, 2 h 07 min. */
export function showDuration(seconds: number): string {
  if (seconds < 59.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  return minutes < 60
    ? `${minutes} min ${two(whole % 60)} s`
    : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Return how many seconds a step took, or has taken until `now`; null if it did not start. */
export function elapsed(status: NodeStatus, now: number): number | null {
  if (status.started === null || status.started === undefined) {
    return null;
  }
  return Math.max(0, (status.finished ?? now) - status.started);
}

/** Return what stands in a node's second line: state, time, and how far it is. */
export function statusLine(status: NodeStatus | undefined, now: number): string {
  const look = lookOf(status);
  if (status === undefined) {
    return '';
  }
  const parts = [`${look.icon} ${look.word}`];
  const seconds = status.cached ? null : elapsed(status, now);
  if (seconds !== null) {
    // A living clock shows whole seconds: tenths would flicker.
    parts.push(status.finished || seconds >= 60 ? showDuration(seconds) : `${Math.floor(seconds)} s`);
  }
  if (status.elements) {
    parts.push(`${status.elements.done}/${status.elements.total}`);
  } else if (status.cells && status.cells.total > 1) {
    parts.push(`${status.cells.done}/${status.cells.total}`);
  }
  return parts.join(' · ');
}
