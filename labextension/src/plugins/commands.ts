/** The extension's commands: toolbars, menus, shortcuts and the palette call them by their ids. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Api } from '../api';
import { openExample } from '../example';
import { kfnbIcon } from '../icon';
import { stepNameOf } from '../model/tags';
import type { OpenNotebook } from '../notebook/open_notebook';
import type { OpenNotebooks } from '../notebook/open_notebooks';
import { nameStep } from '../panel/cell_role';
import type { KfnbPanel, TabName } from '../panel/panel';
import { executedNotebook } from '../run/executed_notebook';
import { CommandIds } from './command_ids';

const NO_ARGUMENTS = { args: { type: 'object' as const, properties: {} } };

export interface CommandParts {
  readonly app: JupyterFrontEnd;
  readonly api: Api;
  readonly notebooks: OpenNotebooks;
  readonly panel: KfnbPanel;
  readonly trans: TranslationBundle;
}

/** Add the commands to JupyterLab. */
export function addCommands({ app, api, notebooks, panel, trans }: CommandParts): void {
  const { commands, shell } = app;
  const show = (tab: TabName): void => {
    panel.tab = tab;
    shell.activateById(panel.id);
    void panel.takeFocus();
  };
  const hasNotebook = (): boolean => notebooks.current !== null;
  commands.addCommand(CommandIds.openPanel, {
    label: trans.__('Pipeline Panel'),
    caption: trans.__('Show the steps, the pipeline and the runs of the notebook'),
    icon: kfnbIcon,
    describedBy: NO_ARGUMENTS,
    execute: () => show(panel.tab)
  });
  commands.addCommand(CommandIds.nameStep, {
    label: trans.__('Begin a Step at This Cell…'),
    caption: () =>
      notebooks.current?.isReadOnly
        ? trans.__('This notebook can only be read.')
        : trans.__('Begin a pipeline step at this cell, or rename it'),
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
  commands.addCommand(CommandIds.showClusters, {
    label: trans.__('Pipeline Clusters'),
    caption: trans.__('Show and edit the clusters that runs can go to'),
    describedBy: NO_ARGUMENTS,
    execute: () => show('clusters')
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
  commands.addCommand(CommandIds.openExecuted, {
    label: trans.__('Open Executed Notebook'),
    caption: trans.__('Open the notebook that the chosen task of the run executed; it can only be read'),
    describedBy: NO_ARGUMENTS,
    isEnabled: () => (notebooks.current?.session?.log ?? null) !== null,
    execute: async () => {
      const { current } = notebooks;
      const task = current?.session?.log?.source;
      if (current !== null && task !== undefined) {
        await openExecuted({ app, api, trans }, current, current.session!.id, task);
      }
    }
  });
}

async function openExecuted(
  { app, api, trans }: Pick<CommandParts, 'app' | 'api' | 'trans'>,
  notebook: OpenNotebook,
  run: string,
  task: string
): Promise<void> {
  const { shell } = app;
  const id = `kfnb-executed-${run}-${task}`;
  try {
    const widget = executedNotebook(notebook, await api.executedNotebook(run, task));
    [...shell.widgets('main')].find(shown => shown.id === id)?.dispose(); // it may have got further since
    widget.id = id;
    widget.title.label = trans.__('%1 (executed)', task);
    widget.title.caption = trans.__('What task %1 executed in run %2; it can only be read', task, run);
    widget.title.icon = kfnbIcon;
    widget.title.closable = true;
    shell.add(widget, 'main', { ref: notebook.panel.id, type: 'Executed Notebook' });
    shell.activateById(id);
  } catch (error) {
    await showErrorMessage(trans.__('There is no executed notebook'), (error as Error).message);
  }
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
