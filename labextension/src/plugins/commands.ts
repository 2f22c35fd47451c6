/** The extension's commands: toolbars, menus, shortcuts and the palette call them by their ids. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { openExample } from '../example';
import { kfnbIcon } from '../icon';
import { stepNameOf } from '../model/tags';
import type { OpenNotebook } from '../notebook/open_notebook';
import type { OpenNotebooks } from '../notebook/open_notebooks';
import { nameStep } from '../panel/cell_role';
import type { KfnbPanel, TabName } from '../panel/panel';
import { CommandIds } from './command_ids';

const NO_ARGUMENTS = { args: { type: 'object' as const, properties: {} } };

export interface CommandParts {
  readonly app: JupyterFrontEnd;
  readonly notebooks: OpenNotebooks;
  readonly panel: KfnbPanel;
  readonly trans: TranslationBundle;
}

/** Add the commands to JupyterLab. */
export function addCommands({ app, notebooks, panel, trans }: CommandParts): void {
  const { commands, shell } = app;
  const show = (tab: TabName): void => {
    panel.tab = tab;
    shell.activateById(panel.id);
  };
  const hasNotebook = (): boolean => notebooks.current !== null;
  commands.addCommand(CommandIds.openPanel, {
    label: trans.__('Pipeline Panel'),
    caption: trans.__('Show the steps, the pipeline and the runs of the notebook'),
    icon: kfnbIcon,
    describedBy: NO_ARGUMENTS,
    execute: () => shell.activateById(panel.id)
  });
  commands.addCommand(CommandIds.nameStep, {
    label: trans.__('Begin a Step at This Cell…'),
    caption: trans.__('Begin a pipeline step at this cell, or rename it'),
    icon: kfnbIcon,
    describedBy: NO_ARGUMENTS,
    isEnabled: () => hasNotebook() && !notebooks.current!.isReadOnly,
    execute: async () => {
      if (notebooks.current !== null) {
        await askForStep(notebooks.current, trans);
      }
    }
  });
  commands.addCommand(CommandIds.runNotebook, {
    label: trans.__('Run as Pipeline…'),
    caption: trans.__('Run the notebook as a pipeline'),
    icon: kfnbIcon,
    describedBy: NO_ARGUMENTS,
    isEnabled: hasNotebook,
    execute: () => show('run')
  });
  commands.addCommand(CommandIds.showPipeline, {
    label: trans.__('Show Pipeline'),
    caption: trans.__('Show the notebook’s steps as a graph'),
    describedBy: NO_ARGUMENTS,
    isEnabled: hasNotebook,
    execute: () => show('pipeline')
  });
  commands.addCommand(CommandIds.openExample, {
    label: trans.__('Pipeline Example'),
    caption: trans.__('Open a small notebook with three steps that can be run as a pipeline'),
    icon: kfnbIcon,
    describedBy: NO_ARGUMENTS,
    execute: async args => {
      await openExample(app, typeof args.cwd === 'string' ? args.cwd : '');
      show('run');
    }
  });
}

async function askForStep(notebook: OpenNotebook, trans: TranslationBundle): Promise<void> {
  const active = notebook.panel.content.activeCell;
  const cell = notebook.cells.find(({ id }) => id === active?.model.id);
  if (cell === undefined || !cell.isCode) {
    return;
  }
  const answer = await InputDialog.getText({
    title: trans.__('The step that begins at this cell'),
    label: trans.__('Name'),
    text: stepNameOf(cell.tags) ?? '',
    placeholder: trans.__('such as: train'),
    okLabel: trans.__('Set')
  });
  if (answer.button.accept && answer.value !== null) {
    nameStep(notebook, cell, answer.value);
  }
  notebook.panel.content.activate();
}
