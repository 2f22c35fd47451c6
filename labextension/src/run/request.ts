/** What the server is asked for a run as it is filled in, and why it cannot be asked. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { CheckRequest, Cluster, Finding, RunRequest } from '../model/documents';
import type { FilledForm } from '../model/filled_form';
import { filledIn, problemOf, readValue, shownValue } from '../model/parameters';
import type { OpenNotebook } from '../notebook/open_notebook';

/** What the file of profiles says. `trouble`: why it cannot be read. */
export interface KnownClusters {
  readonly clusters: readonly Cluster[];
  /** What is wrong with the profiles that cannot be used, or with the file. */
  readonly findings: readonly Finding[];
  readonly trouble: string | null;
}

/** Why a run cannot be started now, null if it can. */
export function whyNot(
  notebook: OpenNotebook,
  trans: TranslationBundle,
  form: FilledForm = notebook.draft.form
): string | null {
  if (notebook.draft.isStarting) {
    return trans.__('The run is being started.');
  }
  if (notebook.analysis === null) {
    return notebook.trouble?.message ?? trans.__('The notebook is being read …');
  }
  if (notebook.isReadOnly && !notebook.isSaved) {
    return trans.__(
      'This notebook can only be read, and a run takes it as it is on disk, without your changes. Save it as another one, or reload it.'
    );
  }
  if (!notebook.analysis.valid) {
    return trans.__('The notebook has errors; they are listed below.');
  }
  const wrong = notebook.analysis.parameters.find(parameter => {
    const text = filledIn(parameter, form.parameters);
    return text !== undefined && problemOf(parameter, text) !== null;
  });
  if (wrong !== undefined) {
    return trans.__('The value of %1 cannot be read.', wrong.name);
  }
  if (form.part !== 'all' && form.step === '') {
    return trans.__('Choose the step.');
  }
  if (form.part !== 'all' && notebook.seen(form.step) === null) {
    return trans.__('The notebook has no step %1 any more.', form.step);
  }
  return null;
}

/**
 * Why no run can go to the cluster that was chosen once, null if one can: it is not in the file any more, or not as it
 * should be. It stays chosen: a run that was to go there does not go elsewhere without a word.
 */
export function whyNotThere(
  known: KnownClusters | null,
  cluster: string,
  trans: TranslationBundle
): string | null {
  if (known === null || cluster === '' || known.clusters.some(({ name }) => name === cluster)) {
    return null;
  }
  const about = known.findings.find(({ message }) => message.includes(`\`${cluster}\``));
  const why =
    about?.message ?? known.trouble ?? trans.__('it is not in the file of profiles; choose another place');
  return trans.__('%1 is not usable: %2', cluster, why);
}

function partOf(form: FilledForm): Pick<RunRequest, 'from_step' | 'only' | 'until'> {
  return form.part === 'all' ? {} : { [form.part]: form.step };
}

/** A look at the place where the run is to go, for the notebook as it is on screen. */
export function checkOf(notebook: OpenNotebook, form: FilledForm): CheckRequest {
  return {
    path: notebook.path,
    notebook: notebook.withoutOutputs(),
    ...(form.cluster === '' ? {} : { cluster: form.cluster }),
    ...(form.cluster === '' && form.allowCpu ? { allow_cpu: true } : {}),
    ...(form.step === '' ? {} : partOf(form))
  };
}

/** The run. Parameters that are as the notebook has them are left to it. */
export function requestOf(notebook: OpenNotebook, form: FilledForm): Omit<RunRequest, 'path'> {
  const written: Record<string, string> = {};
  for (const parameter of notebook.analysis?.parameters ?? []) {
    const text = filledIn(parameter, form.parameters);
    const reading = text === undefined ? null : readValue(parameter, text);
    if (reading !== null && 'json' in reading && text !== shownValue(parameter, parameter.written)) {
      written[parameter.name] = reading.json;
    }
  }
  return {
    written,
    ...(form.name.trim() === '' ? {} : { name: form.name.trim() }),
    ...(form.experiment.trim() === '' ? {} : { experiment: form.experiment.trim() }),
    ...(form.cluster === '' ? {} : { cluster: form.cluster }),
    ...(form.force ? { force: true } : {}),
    ...(form.cluster === '' && form.allowCpu ? { allow_cpu: true } : {}),
    ...partOf(form)
  };
}
