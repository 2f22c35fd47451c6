/** What a task executed, shown as JupyterLab shows notebooks, but without a file and only to be read. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, showErrorMessage } from '@jupyterlab/apputils';
import type { INotebookContent } from '@jupyterlab/nbformat';
import { NotebookModel, StaticNotebook } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Api } from '../api';
import { kfnbIcon } from '../icon';

/** The kinds of outputs and editors that a notebook is shown with: those of an open one, or JupyterLab's own. */
export interface Rendering {
  readonly rendermime: IRenderMimeRegistry;
  readonly contentFactory: StaticNotebook.IContentFactory;
  readonly codeMimetype: string;
}

export interface ExecutedParts {
  readonly shell: JupyterFrontEnd.IShell;
  readonly api: Api;
  readonly trans: TranslationBundle;
}

/** Open what a task executed in a tab of its own, beside the widget called `ref`; say it where there is nothing. */
export async function openExecuted(
  { shell, api, trans }: ExecutedParts,
  rendering: Rendering,
  { run, task, ref }: { readonly run: string; readonly task: string; readonly ref: string }
): Promise<void> {
  const id = `kfnb-executed-${run}-${task}`;
  try {
    const widget = executedNotebook(rendering, await api.executedNotebook(run, task));
    [...shell.widgets('main')].find(shown => shown.id === id)?.dispose(); // it may have got further since
    widget.id = id;
    widget.title.label = trans.__('%1 (executed)', task);
    widget.title.caption = trans.__('What task %1 executed in run %2; it can only be read', task, run);
    widget.title.icon = kfnbIcon;
    widget.title.closable = true;
    shell.add(widget, 'main', { ref, type: 'Executed Notebook' });
    shell.activateById(id);
  } catch (error) {
    await showErrorMessage(trans.__('There is no executed notebook'), (error as Error).message);
  }
}

function executedNotebook(
  { rendermime, contentFactory, codeMimetype }: Rendering,
  content: INotebookContent
): MainAreaWidget<StaticNotebook> {
  const shown = new StaticNotebook({
    rendermime: rendermime.clone(),
    contentFactory,
    mimeTypeService: {
      getMimeTypeByLanguage: () => codeMimetype,
      getMimeTypeByFilePath: () => codeMimetype
    },
    notebookConfig: { ...StaticNotebook.defaultNotebookConfig, windowingMode: 'defer' }
  });
  const model = new NotebookModel();
  model.fromJSON(onlyToRead(content));
  shown.model = model;
  shown.addClass('kfnb-executed');
  // What JupyterLab's menu of a cell does is done to the notebook that a person works in, which is another.
  shown.node.dataset.jpSuppressContextMenu = '';
  shown.disposed.connect(() => model.dispose());
  return new MainAreaWidget({ content: shown });
}

/** Its cells cannot be edited, and its outputs are not trusted: they may come from anywhere. */
function onlyToRead(content: INotebookContent): INotebookContent {
  return {
    ...content,
    cells: content.cells.map(cell => ({
      ...cell,
      metadata: { ...cell.metadata, editable: false, deletable: false, trusted: false }
    }))
  };
}
