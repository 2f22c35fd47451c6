/**
 * The extension's commands: toolbars, menus, shortcuts and the palette call them by their ids.
 *
 * What they do is loaded when it is first done.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Api } from '../api';
import { kfnbIcon } from '../icon';
import type { OpenNotebook } from '../notebook/open_notebook';
import type { OpenNotebooks } from '../notebook/open_notebooks';
import type { KfnbPanel, TabName } from '../panel/panel';
import { whyNoTask, whyNoWriting } from '../run/reasons';
import { CommandIds } from './command_ids';
import { addReasoned, type Reasoned } from './reasoned';

export interface CommandParts {
  readonly app: JupyterFrontEnd;
  readonly api: Api;
  readonly notebooks: OpenNotebooks;
  readonly panel: KfnbPanel;
  /** The folder that a person looks at. */
  readonly folder: () => string;
  readonly trans: TranslationBundle;
}

/** Add the commands to JupyterLab. */
export function addCommands(parts: CommandParts): void {
  const { app, api, notebooks, trans } = parts;
  const { commands } = app;
  const about = (why: (notebook: OpenNotebook) => string | null = () => null): Pick<Reasoned, 'why'> => ({
    why: () => (notebooks.current === null ? trans.__('No notebook is open.') : why(notebooks.current))
  });
  addReasoned(commands, CommandIds.nameStep, {
    label: trans.__('Begin a Step at This Cell…'),
    caption: trans.__('Begin a pipeline step at this cell, or rename it'),
    icon: kfnbIcon,
    ...about(notebook => whyNoWriting(notebook, trans) ?? whyNoCode(notebook, trans)),
    execute: async () => {
      const { askForStep } = await import('../panel/ask_for_step');
      await askForStep(notebooks.current!, trans);
    }
  });
  addReasoned(commands, CommandIds.foldStep, {
    label: trans.__('Fold or Unfold the Step'),
    caption: trans.__('Hide the cells of the step that the active cell is in, or show them again'),
    ...about(notebook =>
      stepOfActive(notebook) === null ? trans.__('The active cell is in no step.') : null
    ),
    execute: () => notebooks.current!.folding.toggle(stepOfActive(notebooks.current!)!)
  });
  addReasoned(commands, CommandIds.suggestSteps, {
    label: trans.__('Suggest Steps'),
    caption: trans.__('Propose steps from headings and from what cells do; nothing is changed yet'),
    ...about(notebook => whyNoWriting(notebook, trans)),
    execute: () => {
      show(parts, 'pipeline');
      return notebooks.current!.suggesting.begin();
    }
  });
  addReasoned(commands, CommandIds.checkRun, {
    label: trans.__('Look at Where the Run Is to Go'),
    caption: trans.__('Ask the place of the next run again what stands against it'),
    ...about(),
    execute: () => {
      show(parts, 'run');
      notebooks.current!.draft.lookAhead();
    }
  });
  addReasoned(commands, CommandIds.openExecuted, {
    label: trans.__('Open Executed Notebook'),
    caption: trans.__('Open the notebook that the chosen task of the run executed; it can only be read'),
    ...about(({ session }) => whyNoTask(session, trans)),
    execute: async () => {
      const notebook = notebooks.current!;
      const session = notebook.session!;
      const { openExecuted } = await import('../run/executed_notebook');
      const what = { run: session.id, task: session.log!.source, ref: notebook.panel.id };
      await openExecuted({ shell: app.shell, api, trans }, notebook.panel.content, what);
    }
  });
  addTabs(parts, about());
  addReasoned(commands, CommandIds.openExample, {
    label: trans.__('Pipeline Example'),
    caption: trans.__('Open a small notebook with three steps that can be run as a pipeline'),
    icon: kfnbIcon,
    why: () => null,
    execute: async args => {
      const { openExample } = await import('../example');
      try {
        await openExample(app, typeof args.cwd === 'string' ? args.cwd : parts.folder());
        show(parts, 'run');
      } catch (error) {
        await showErrorMessage(trans.__('The example could not be made'), (error as Error).message);
      }
    }
  });
}

/** Add the commands that show a tab of the panel. */
function addTabs(parts: CommandParts, ofNotebook: Pick<Reasoned, 'why'>): void {
  const { app, panel, trans } = parts;
  const always = { why: () => null };
  addReasoned(app.commands, CommandIds.openPanel, {
    label: trans.__('Pipeline Panel'),
    caption: trans.__('Show the steps, the pipeline and the runs of the notebook'),
    icon: kfnbIcon,
    ...always,
    execute: () => show(parts, panel.tab)
  });
  addReasoned(app.commands, CommandIds.showStep, {
    label: trans.__('Show Step Settings'),
    caption: trans.__('Show what the selected cell is for, and the settings of its step'),
    ...ofNotebook,
    execute: () => show(parts, 'step')
  });
  addReasoned(app.commands, CommandIds.showPipeline, {
    label: trans.__('Show Pipeline'),
    caption: trans.__('Show the notebook’s steps as a graph'),
    ...ofNotebook,
    execute: () => show(parts, 'pipeline')
  });
  addReasoned(app.commands, CommandIds.runNotebook, {
    label: trans.__('Run as Pipeline…'),
    caption: trans.__('Run the notebook as a pipeline'),
    icon: kfnbIcon,
    ...ofNotebook,
    execute: () => show(parts, 'run')
  });
  addReasoned(app.commands, CommandIds.showClusters, {
    label: trans.__('Pipeline Clusters'),
    caption: trans.__('Show and edit the clusters that runs can go to'),
    ...always,
    execute: () => show(parts, 'clusters')
  });
}

function show({ app, panel }: CommandParts, tab: TabName): void {
  panel.tab = tab;
  app.shell.activateById(panel.id);
  void panel.takeFocus();
}

/** Why no step can begin at the active cell. */
function whyNoCode(notebook: OpenNotebook, trans: TranslationBundle): string | null {
  const isCode = notebook.panel.content.activeCell?.model.type === 'code';
  return isCode ? null : trans.__('Only a cell of code can begin a step.');
}

function stepOfActive(notebook: OpenNotebook): string | null {
  const active = notebook.panel.content.activeCell;
  return active === null ? null : (active.node.dataset.kfnbStep ?? null);
}
