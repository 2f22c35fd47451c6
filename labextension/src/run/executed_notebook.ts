/** What a task executed, shown as JupyterLab shows notebooks, but without a file and only to be read. */

import { MainAreaWidget } from '@jupyterlab/apputils';
import type { INotebookContent } from '@jupyterlab/nbformat';
import { NotebookModel, StaticNotebook } from '@jupyterlab/notebook';

import type { OpenNotebook } from '../notebook/open_notebook';

/** Return a widget for the main area. `like`: the open notebook whose kinds of outputs and editors are used. */
export function executedNotebook(
  like: OpenNotebook,
  content: INotebookContent
): MainAreaWidget<StaticNotebook> {
  const { rendermime, contentFactory, codeMimetype } = like.panel.content;
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
