/** Loads values of a run into the kernel of the open notebook, without a cell: nothing of the notebook changes. */

import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { OpenNotebook } from '../notebook/open_notebook';
import type { RunSession } from './session';

/** Python that gives a task's inputs as a dictionary, where kfnb is imported. */
export function inputsOf(run: string, task: string): string {
  return `kfnb.get(${quoted(run)}).task(${quoted(task)}).inputs()`;
}

/** Python that gives one value that a task made as a dictionary, where kfnb is imported. */
export function artifactOf(run: string, task: string, name: string): string {
  return `{${quoted(name)}: kfnb.get(${quoted(run)}).task(${quoted(task)}).artifacts[${quoted(name)}].load()}`;
}

/** What loading needs. */
export interface LoadParts {
  readonly notebook: OpenNotebook;
  readonly session: RunSession;
  readonly trans: TranslationBundle;
}

/** Make variables of the dictionary of `task` that `python` gives; their names are returned. Errors say what to do. */
export async function loadIntoKernel(parts: LoadParts, task: string, python: string): Promise<string> {
  const { trans } = parts;
  const kernel = await rightKernel(parts, task, python);
  const loaded = await answerOf(kernel, loading(python));
  if (loaded === null) {
    throw new Error(
      trans.__('The kernel was interrupted, restarted or ended before it had loaded anything. Try again.')
    );
  }
  if (loaded.status === 'ok') {
    return loaded.data['text/plain']!.slice(1, -1);
  }
  throw new Error(
    loaded.ename === 'ModuleNotFoundError' && loaded.evalue.includes("'kfnb'")
      ? trans.__('The kernel of this notebook has no kfnb. Type in a cell: %pip install kfnb')
      : loaded.evalue || loaded.ename
  );
}

type Answer =
  | { readonly status: 'ok'; readonly data: Readonly<Record<string, string>> }
  | { readonly status: 'error'; readonly ename: string; readonly evalue: string };

/** What an expression is in the kernel, which takes its turn after what runs there; null: it never came to it. */
async function answerOf(kernel: Kernel.IKernelConnection, expression: string): Promise<Answer | null> {
  const asked = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    user_expressions: { loaded: expression }
  });
  try {
    const { content } = await asked.done;
    const found = content.status === 'ok' ? content.user_expressions?.loaded : undefined;
    return (found as Answer | undefined) ?? null;
  } catch {
    return null; // JupyterLab gives up what it asked of a kernel that restarts or ends
  }
}

/** An expression that sets the variables and gives their names; it leaves no name of its own behind. */
export function loading(python: string): string {
  const keeping = `(lambda found: globals().update(found) or ", ".join(sorted(found)))(${python})`;
  return `(lambda kfnb: ${keeping})(__import__("kfnb"))`;
}

/** The kernel of the notebook, if values of the run can be loaded into it. */
async function rightKernel(
  { notebook, session, trans }: LoadParts,
  task: string,
  python: string
): Promise<Kernel.IKernelConnection> {
  const kernel = notebook.panel.sessionContext.session?.kernel ?? null;
  if (kernel === null || kernel.status === 'dead') {
    throw new Error(trans.__('The notebook has no living kernel. Start one: Kernel → Restart Kernel…'));
  }
  const { language_info: language } = await kernel.info;
  if (language.name !== 'python') {
    throw new Error(
      trans.__(
        'The kernel of this notebook speaks %1; values are loaded into Python. There, type: import kfnb; globals().update(%2)',
        language.name,
        python
      )
    );
  }
  const ran = session.pythonOf(task);
  if (ran === null && (session.status.tasks.get(task)?.attempt ?? 0) > 0) {
    throw new Error(
      trans.__(
        'Which Python the task has is known when its first cell begins; what another one than the kernel’s has saved can break the kernel. Try again then; to load it all the same, type: import kfnb; globals().update(%1)',
        python
      )
    );
  }
  const theirs = minorOf(language.version);
  const ours = ran === null ? theirs : minorOf(ran); // what never started has no inputs: that is said in the kernel
  if (theirs !== ours) {
    throw new Error(
      trans.__(
        'The kernel has Python %1, the task had Python %2. Choose a kernel with %2; to have one, type: python%2 -m pip install ipykernel kfnb && python%2 -m ipykernel install --user --name python%2',
        theirs,
        ours
      )
    );
  }
  return kernel;
}

function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** A text as Python writes it: all that JSON writes means the same there. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
