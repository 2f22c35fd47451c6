/** What a notebook gets when it is opened: chips, underlines, living pictures and its newest run. Loaded with the first. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Api } from '../api';
import type { KfnbPanel } from '../panel/panel';
import { showLatestRun } from '../run/latest';
import { Chips } from './chips';
import { OpenNotebook } from './open_notebook';
import { keepPictures } from './pictures';
import { Underlines } from './underlines';

export interface OpenedParts {
  readonly app: JupyterFrontEnd;
  readonly api: Api;
  readonly panel: KfnbPanel;
  readonly trans: TranslationBundle;
}

/** Return the notebook that `shown` shows, dressed. */
export function opened(shown: NotebookPanel, { app, api, panel, trans }: OpenedParts): OpenNotebook {
  const { shell, serviceManager } = app;
  const notebook = new OpenNotebook(shown, api, serviceManager.contents);
  new Chips(notebook, trans, cell => {
    void notebook.select([cell.model.id]);
    panel.tab = 'step';
    shell.activateById(panel.id);
  });
  new Underlines(notebook);
  keepPictures(shown.context, api);
  showLatestRun(notebook, api);
  return notebook;
}
