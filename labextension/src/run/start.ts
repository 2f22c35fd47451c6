/** Starts a run of an open notebook: asks once whether it may be saved first, and remembers what was filled in. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Api } from '../api';
import type { Finding, RunRequest } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';
import { RunSession } from './session';

/** What a person may have consented to once and for all. */
export interface Consent {
  /** Whether notebooks are saved before a run without asking. */
  saves: boolean;
}

/** Save the notebook if it is not, start a run of it and watch it. Null: the person did not want it saved. */
export async function startRun(
  notebook: OpenNotebook,
  api: Api,
  consent: Consent,
  trans: TranslationBundle,
  request: Omit<RunRequest, 'path'>
): Promise<readonly Finding[] | null> {
  const { context } = notebook.panel;
  if (!notebook.isSaved) {
    if (!consent.saves && !(await asks(trans))) {
      return null;
    }
    consent.saves = true;
    await context.save();
  }
  const { run_id, warnings } = await api.start({ path: notebook.path, ...request });
  notebook.session = await RunSession.open(api, run_id);
  return warnings;
}

async function asks(trans: TranslationBundle): Promise<boolean> {
  const answer = await showDialog({
    title: trans.__('Save the notebook and run it?'),
    body: trans.__(
      'A run takes the notebook as it is saved. From now on it is saved before each run without asking.'
    ),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Save and run') })]
  });
  return answer.button.accept;
}
