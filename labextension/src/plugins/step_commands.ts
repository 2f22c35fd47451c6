/** Commands about one step: of the graph's node that was clicked, or named, or of the cell that a person is in. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { workingFor } from '../model/run_state';
import type { OpenNotebook } from '../notebook/open_notebook';
import type { OpenNotebooks } from '../notebook/open_notebooks';
import { formOf, whyNoPart, whyNoResume, whyNoRetry, type StepPart } from '../run/step_runs';
import type { RunSession } from '../run/session';
import type { Consent } from '../run/start';
import { CommandIds } from './command_ids';
import { addReasoned } from './reasoned';

const ARGUMENTS = {
  args: {
    type: 'object' as const,
    properties: {
      step: { type: 'string' as const, description: 'Name of the step; left out: that of the active cell.' },
      beside: { type: 'boolean' as const, description: 'With parameters and place of the run that is shown.' }
    }
  }
};

export interface StepCommandParts {
  readonly app: JupyterFrontEnd;
  readonly notebooks: OpenNotebooks;
  readonly consent: Consent;
  readonly trans: TranslationBundle;
  /** Bring the run, or why there is none, before the person's eyes. */
  readonly showRun: () => void;
}

/** What a command is about. */
interface About {
  readonly notebook: OpenNotebook;
  readonly step: string;
  readonly beside: RunSession | null;
}

/** Add the commands to JupyterLab. */
export function addStepCommands(parts: StepCommandParts): void {
  const { trans } = parts;
  addPart(parts, CommandIds.runFromStep, 'from_step', {
    label: trans.__('Run from This Step'),
    caption: trans.__('Run this step and all that depend on it anew; those before it come from the cache')
  });
  addPart(parts, CommandIds.runOnlyStep, 'only', {
    label: trans.__('Run Only This Step'),
    caption: trans.__('Run this step alone, on what earlier runs made of those before it')
  });
  addPart(parts, CommandIds.runUpToStep, 'until', {
    label: trans.__('Run up to This Step'),
    caption: trans.__('Run this step and what it needs, and nothing after it')
  });
  addTakingUp(parts, CommandIds.retryStep, {
    label: trans.__('Retry This Step'),
    caption: trans.__('Do this step of the run that is shown anew, and what waits for it; nothing else'),
    why: ({ notebook, step }) => whyNoRetry(notebook.session, step, trans),
    task: ({ notebook, step }) => workingFor(notebook.session!.status, step)
  });
  addTakingUp(parts, CommandIds.resumeRun, {
    label: trans.__('Resume the Run'),
    caption: trans.__('Do anew what failed or was cancelled in the run that is shown, and what waits for it'),
    why: ({ notebook }) => whyNoResume(notebook.session, trans),
    task: () => null
  });
}

interface Words {
  readonly label: string;
  readonly caption: string;
}

function addPart(parts: StepCommandParts, id: string, part: StepPart, words: Words): void {
  const { app, consent, trans, showRun } = parts;
  const why = (args: ReadonlyPartialJSONObject): string | null => {
    const about = aboutOf(parts, args);
    return about === null
      ? trans.__('No notebook is open.')
      : whyNoPart(about.notebook, part, about.step, about.beside, trans);
  };
  addReasoned(app.commands, id, {
    ...words,
    describedBy: ARGUMENTS,
    why,
    execute: async args => {
      const { notebook, step, beside } = aboutOf(parts, args)!;
      showRun();
      await notebook.draft.start(consent, trans, formOf(notebook, part, step, beside));
    }
  });
}

interface TakingUp extends Words {
  /** Why it cannot be done, null if it can. */
  readonly why: (about: About) => string | null;
  /** The task that alone is done anew; null: all that did not succeed. */
  readonly task: (about: About) => string | null;
}

function addTakingUp(parts: StepCommandParts, id: string, { label, caption, ...asked }: TakingUp): void {
  const { app, trans, showRun } = parts;
  addReasoned(app.commands, id, {
    label,
    caption,
    describedBy: ARGUMENTS,
    why: args => {
      const about = aboutOf(parts, args);
      return about === null ? trans.__('No notebook is open.') : asked.why(about);
    },
    execute: async args => {
      const about = aboutOf(parts, args)!;
      showRun();
      try {
        await about.notebook.session?.resume(asked.task(about));
      } catch (error) {
        await showErrorMessage(trans.__('The run was not taken up again'), (error as Error).message);
      }
    }
  });
}

function aboutOf({ app, notebooks }: StepCommandParts, args: ReadonlyPartialJSONObject): About | null {
  const notebook = notebooks.current;
  if (notebook === null) {
    return null;
  }
  if (typeof args.step === 'string') {
    return { notebook, step: args.step, beside: args.beside === true ? notebook.session : null };
  }
  const graph = args.isContextMenu
    ? app.contextMenuHitTest(node => node.dataset.pointed !== undefined)
    : undefined;
  if (graph !== undefined) {
    const isOfRun = graph.closest('.kfnb-run') !== null;
    return { notebook, step: graph.dataset.pointed!, beside: isOfRun ? notebook.session : null };
  }
  const [active] = notebook.selectedCells;
  const step = active === undefined ? null : notebook.stepAt(active);
  return { notebook, step: step?.name ?? '', beside: null };
}
