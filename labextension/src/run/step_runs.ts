/** Runs that are about one step: from it on, it alone, up to it; and why there can be none. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { FilledForm, Part } from '../model/filled_form';
import { shownValue } from '../model/parameters';
import { ownerOf, workingFor } from '../model/run_state';
import type { OpenNotebook } from '../notebook/open_notebook';
import { whyNot } from './request';
import type { RunSession } from './session';

/** A part of the pipeline that begins or ends at a step. */
export type StepPart = Exclude<Part, 'all'>;

/** What is filled in for a run of a part: as in the form, or, beside a run that is shown, as in that run. */
export function formOf(
  notebook: OpenNotebook,
  part: StepPart,
  step: string,
  beside: RunSession | null
): FilledForm {
  const asked = { ...notebook.draft.form, part, step: stepOf(step), force: false };
  if (beside === null) {
    return asked;
  }
  const { name, experiment, cluster, options, written } = beside.document;
  const known = (notebook.analysis?.parameters ?? []).filter(parameter => parameter.name in written);
  return {
    ...asked,
    name,
    experiment,
    allowCpu: options.allow_cpu === true,
    cluster: cluster ?? '',
    parameters: Object.fromEntries(
      known.map(parameter => [parameter.name, shownValue(parameter, written[parameter.name]!)])
    )
  };
}

/** Why a run of a part cannot be started now, null if it can. */
export function whyNoPart(
  notebook: OpenNotebook,
  part: StepPart,
  step: string,
  beside: RunSession | null,
  trans: TranslationBundle
): string | null {
  if (step === '') {
    return trans.__('Select a cell of a step, or click the step in the graph.');
  }
  return whyNot(notebook, trans, formOf(notebook, part, step, beside));
}

/** Why the run that is shown cannot be taken up again, null if it can. */
export function whyNoResume(session: RunSession | null, trans: TranslationBundle): string | null {
  if (session === null) {
    return trans.__('No run of this notebook is shown.');
  }
  if (!session.hasEnded && !session.isInterrupted) {
    return trans.__('The run is going on.');
  }
  if (session.status.state === 'SUCCEEDED') {
    return trans.__('The run has succeeded: nothing is left to do.');
  }
  return null;
}

/** Why one task of the run that is shown cannot be done anew by itself, null if it can. */
export function whyNoRetry(
  session: RunSession | null,
  task: string,
  trans: TranslationBundle
): string | null {
  const why = whyNoResume(session, trans);
  if (session === null || why !== null) {
    return why;
  }
  if (session.isInterrupted) {
    return trans.__('The run was interrupted: resume all of it first.');
  }
  const status = session.status.tasks.get(workingFor(session.status, task));
  if (status === undefined) {
    return trans.__('Select a step that the run has.');
  }
  if (status.state === 'SUCCEEDED') {
    return trans.__('This step need not run again. “Run from here” does it anew, in a new run.');
  }
  if (status.state === 'SKIPPED') {
    return trans.__('It was skipped: %1. It runs when what it waits for is retried.', status.why ?? '');
  }
  return null;
}

/** The step that a task is a part of: the fan-out of an element, or of what makes its items. */
export function stepOf(task: string): string {
  return ownerOf(task).replace(/\[items\]$/, '');
}
