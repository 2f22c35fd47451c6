/** Starts a run of an open notebook, of what is on screen: saved first, which is asked about once, or read anew. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Api } from '../api';
import type { RunRequest, Started } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';

/** What a person may have consented to once and for all. */
export interface Consent {
  /** Whether notebooks are saved before a run without asking. */
  saves: boolean;
}

/**
 * Save the notebook if it is not, and start a run of it. Null: the person did not want it saved, or not over what another
 * tab has written.
 */
export async function startRun(
  notebook: OpenNotebook,
  api: Api,
  consent: Consent,
  trans: TranslationBundle,
  request: Omit<RunRequest, 'path'>
): Promise<Started | null> {
  if (!notebook.isSaved) {
    if (!consent.saves && !(await asks(trans))) {
      return null;
    }
    consent.saves = true;
    if (!(await save(notebook))) {
      return null;
    }
  } else if (await notebook.isOtherOnDisk()) {
    await readAnew(notebook, trans);
  }
  return api.start({ path: notebook.path, ...request });
}

/** Say whether it is saved. JupyterLab asks what is to count where the file is not the one that was read. */
async function save({ panel }: OpenNotebook): Promise<boolean> {
  try {
    await panel.context.save();
    return true;
  } catch (error) {
    if ((error as Error).name === 'ModalCancelError') {
      return false;
    }
    throw error;
  }
}

/** Show what lies on disk, which a run takes; outputs that are only here are not thrown away for that. */
async function readAnew({ panel }: OpenNotebook, trans: TranslationBundle): Promise<void> {
  if (panel.context.model.dirty) {
    throw new Error(
      trans.__(
        'This notebook was changed on disk, and what is shown here was not saved. Choose File → Reload Notebook from Disk, then run it.'
      )
    );
  }
  await panel.context.revert();
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
