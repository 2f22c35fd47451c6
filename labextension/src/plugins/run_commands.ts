/** Commands about the run that is shown: end it, bring its outputs home and take them back, load what it made. */

import { InputDialog, Notification, showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Api } from '../api';
import type { OpenNotebook } from '../notebook/open_notebook';
import { downloadLog, whyNoEarlier } from '../run/logs';
import { whyNoCancel, whyNoClosing, whyNoHome, whyNoRun, whyNoTask, whyNoWayBack } from '../run/reasons';
import { CommandIds } from './command_ids';
import { addAboutNotebook, type AboutNotebook, type NotebookCommandParts } from './reasoned';

export interface RunCommandParts extends NotebookCommandParts {
  readonly api: Api;
  /** Bring the run before the person's eyes. */
  readonly showRun: () => void;
}

/** Add the commands to JupyterLab. */
export function addRunCommands(parts: RunCommandParts): void {
  const { api, trans, showRun } = parts;
  addOne(parts, CommandIds.cancelRun, {
    label: trans.__('Cancel the Run'),
    caption: trans.__('End the run that is shown; what its tasks have done so far is kept'),
    why: ({ session }) => whyNoCancel(session, trans),
    execute: async ({ session }) => session!.cancel()
  });
  addOne(parts, CommandIds.bringHome, {
    label: trans.__('Bring Outputs Home'),
    caption: trans.__('Put what the cells showed in this run under the cells of the notebook'),
    why: notebook => whyNoHome(notebook, trans),
    execute: async notebook => {
      const { bringRunHome } = await import('../run/bring_home');
      await bringRunHome(notebook, notebook.session!.id, api);
      showRun();
    }
  });
  addOne(parts, CommandIds.takeBack, {
    label: trans.__('Take Outputs Back'),
    caption: trans.__('Put back what stood under the cells before outputs of a run were brought home'),
    why: notebook => whyNoWayBack(notebook, trans),
    execute: async notebook => (await import('../run/bring_home')).takeBack(notebook)
  });
  addOne(parts, CommandIds.closeHomeNote, {
    label: trans.__('Close the Note on Outputs'),
    caption: trans.__('Say no more that outputs were taken back, and which were left alone'),
    why: notebook => whyNoClosing(notebook, trans),
    execute: notebook => {
      notebook.home = null;
    }
  });
  addOne(parts, CommandIds.earlierLog, {
    label: trans.__('Show What the Log Has Before'),
    caption: trans.__('Show what the clicked task printed before the part of its log that is shown'),
    why: ({ session }) => whyNoEarlier(session, trans),
    execute: async ({ session }) => session!.loadEarlier()
  });
  addOne(parts, CommandIds.downloadLog, {
    label: trans.__('Download the Log'),
    caption: trans.__('Keep all that the clicked task printed as a file'),
    why: ({ session }) => whyNoTask(session, trans),
    execute: ({ session }) => downloadLog(api, session!)
  });
  addOne(parts, CommandIds.loadInputs, {
    label: trans.__('Load Inputs of the Task'),
    caption: trans.__('Make what the clicked task was given variables of the notebook’s kernel'),
    why: ({ session }) => whyNoTask(session, trans),
    execute: async notebook => {
      const session = notebook.session!;
      const task = session.log!.source;
      const { inputsOf, loadIntoKernel } = await import('../run/load_values');
      told(await loadIntoKernel({ notebook, session, trans }, task, inputsOf(session.id, task)), trans);
    }
  });
  addOne(parts, CommandIds.loadArtifact, {
    label: trans.__('Load an Artifact…'),
    caption: trans.__('Make a value that the run made a variable of the notebook’s kernel'),
    why: notebook =>
      whyNoRun(notebook.session, trans) ??
      (valuesOf(notebook).length === 0 ? trans.__('The run has made no values yet.') : null),
    execute: notebook => loadOne(notebook, trans)
  });
}

/** Add a command whose failure is said in a dialog. */
export function addOne(parts: RunCommandParts, id: string, about: AboutNotebook): void {
  addAboutNotebook(parts, id, {
    ...about,
    execute: async notebook => {
      try {
        await about.execute(notebook);
      } catch (error) {
        await showErrorMessage(about.label, (error as Error).message);
      }
    }
  });
}

/** The values that the run of a notebook has made, by what they are called to a person. */
function valuesOf({ session }: OpenNotebook): { label: string; task: string; name: string }[] {
  return (session?.artifacts ?? [])
    .filter(({ kind }) => kind === 'value')
    .map(({ task, name }) => ({ label: `${name} (${task})`, task, name }));
}

async function loadOne(notebook: OpenNotebook, trans: TranslationBundle): Promise<void> {
  const session = notebook.session!;
  const values = valuesOf(notebook);
  const answer = await InputDialog.getItem({
    title: trans.__('Load an artifact'),
    label: trans.__('The value that becomes a variable of the notebook’s kernel'),
    items: values.map(({ label }) => label),
    okLabel: trans.__('Load')
  });
  const chosen = values.find(({ label }) => label === answer.value);
  if (answer.button.accept && chosen !== undefined) {
    const { task, name } = chosen;
    const { artifactOf, loadIntoKernel } = await import('../run/load_values');
    told(await loadIntoKernel({ notebook, session, trans }, task, artifactOf(session.id, task, name)), trans);
  }
}

function told(names: string, trans: TranslationBundle): void {
  Notification.success(
    names === '' ? trans.__('There is nothing to load.') : trans.__('In the kernel now: %1', names),
    { autoClose: 4000 }
  );
}
