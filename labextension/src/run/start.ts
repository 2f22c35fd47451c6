/** Starts a run of an open notebook, of what is on screen: saved first, which is asked about once, or read anew. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';

import { ApiError, isAway, type Api } from '../api';
import type { RunRequest, Started } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';

/** After how long the server is asked again whether a run has begun. */
const AGAIN_MS = 1000;

/** What a person may have consented to once and for all. */
export interface Consent {
  /** Whether notebooks are saved before a run without asking. */
  saves: boolean;
}

/**
 * Save the notebook if it is not, and start a run of it. Null: the person did not want it saved, or not over what another
 * tab has written. `onLost`: the answer was lost, and it is being found out whether the run has begun.
 */
export async function startRun(
  notebook: OpenNotebook,
  api: Api,
  consent: Consent,
  trans: TranslationBundle,
  request: Omit<RunRequest, 'path'>,
  onLost: () => void
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
  const asked_as = UUID.uuid4();
  try {
    return await api.start({ path: notebook.path, ...request, asked_as });
  } catch (error) {
    if (!(error instanceof ApiError && error.isUnanswered)) {
      throw error;
    }
  }
  onLost();
  return startedAs(notebook, api, trans, asked_as, request.cluster ?? undefined);
}

/** Find out, as soon as the server answers, whether a run has begun that it was asked for. */
async function startedAs(
  notebook: OpenNotebook,
  api: Api,
  trans: TranslationBundle,
  word: string,
  cluster: string | undefined
): Promise<Started | null> {
  while (!notebook.isDisposed) {
    try {
      return await api.startedAs(word, cluster);
    } catch (error) {
      if (error instanceof ApiError && error.isMissing) {
        throw new ApiError(
          trans.__('The connection to the Jupyter server was cut before the run began: nothing was started.'),
          0
        );
      }
      if (!isAway(error)) {
        throw error;
      }
    }
    await new Promise(resolve => setTimeout(resolve, AGAIN_MS));
  }
  return null;
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
