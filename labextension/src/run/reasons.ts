/** Why something cannot be done to the run that is shown, in words for its button and its command; null if it can. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Finding } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';
import type { Homecoming } from './bring_home';
import type { RunSession } from './session';

export function whyNoRun(session: RunSession | null, trans: TranslationBundle): string | null {
  return session === null ? trans.__('No run of this notebook is shown.') : null;
}

export function whyNoCancel(session: RunSession | null, trans: TranslationBundle): string | null {
  if (session === null) {
    return whyNoRun(session, trans);
  }
  if (session.hasEnded) {
    return trans.__('The run has ended.');
  }
  return session.status.state === 'CANCELING' ? trans.__('The run is being canceled already.') : null;
}

/** Why the outputs of the run that is shown cannot be brought home. */
export function whyNoHome(notebook: OpenNotebook, trans: TranslationBundle): string | null {
  const { session } = notebook;
  if (session === null) {
    return whyNoRun(session, trans);
  }
  if (notebook.isReadOnly) {
    return whyNoWriting(notebook, trans);
  }
  return session.hasEnded || session.isInterrupted ? null : trans.__('The run is going on.');
}

/** Why outputs that were brought home cannot be taken back. */
export function whyNoWayBack(notebook: OpenNotebook, trans: TranslationBundle): string | null {
  if ((notebook.home?.places.size ?? 0) === 0) {
    return trans.__('No outputs were brought home into this notebook.');
  }
  return whyNoWriting(notebook, trans);
}

/** Why no task is looked at. */
export function whyNoneClicked(session: RunSession | null, trans: TranslationBundle): string | null {
  return (
    whyNoRun(session, trans) ?? (session!.log === null ? trans.__('Click a step of the run first.') : null)
  );
}

/** Why nothing that a task did can be looked at or loaded. */
export function whyNoTask(session: RunSession | null, trans: TranslationBundle): string | null {
  const why = whyNoneClicked(session, trans);
  if (session === null || why !== null) {
    return why;
  }
  const hasStarted = (session.status.tasks.get(session.log!.source)?.attempt ?? 0) > 0;
  return hasStarted ? null : trans.__('The task that was clicked has not started.');
}

/** Whether all was taken back that could be, and it is said what was left alone. */
export function isTakenBack({ places, other }: Homecoming): boolean {
  return places.size === 0 && other.length > 0;
}

/** Why there is no note on outputs that were taken back, which could be closed. */
export function whyNoClosing({ home }: OpenNotebook, trans: TranslationBundle): string | null {
  return home !== null && isTakenBack(home)
    ? null
    : trans.__('It is not said of any outputs that they were taken back.');
}

/** Why no proposed tags can be written. */
export function whyNoApplying(notebook: OpenNotebook, trans: TranslationBundle): string | null {
  const { found } = notebook.suggesting;
  if (found === null) {
    return trans.__('No steps are suggested; have them suggested first.');
  }
  return found.tags.length === 0 ? trans.__('Nothing is to be changed.') : whyNoWriting(notebook, trans);
}

/** The first finding of a notebook that can be mended by itself; null: there is none. */
export function mendable({ analysis }: OpenNotebook): Finding | null {
  return analysis?.diagnostics.find(({ apply }) => apply !== null) ?? null;
}

/** Why no finding can be mended. */
export function whyNoMending(notebook: OpenNotebook, trans: TranslationBundle): string | null {
  return mendable(notebook) === null
    ? trans.__('No finding has a fix that is certain.')
    : whyNoWriting(notebook, trans);
}

/** Why a notebook cannot be changed. */
export function whyNoWriting(notebook: OpenNotebook, trans: TranslationBundle): string | null {
  return notebook.isReadOnly ? trans.__('This notebook can only be read.') : null;
}
