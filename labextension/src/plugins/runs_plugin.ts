/** The plugin that opens the page of all runs in JupyterLab's main area. */

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Api } from '../api';
import { kfnbIcon } from '../icon';
import { RunsPage } from '../runs_page/runs_page';

export const OPEN_RUNS = 'kfnb:open-runs';
const PAGE_ID = 'kfnb-runs';

export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@kfnb/jupyterlab:runs',
  description: 'The page of all pipeline runs: search, sort, compare, archive, delete.',
  autoStart: true,
  optional: [ITranslator, ICommandPalette, ILayoutRestorer, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    launcher: ILauncher | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('kfnb');
    const api = new Api(app.serviceManager.serverSettings);
    const tracker = new WidgetTracker<MainAreaWidget<RunsPage>>({ namespace: PAGE_ID });
    let page: MainAreaWidget<RunsPage> | null = null;
    app.commands.addCommand(OPEN_RUNS, {
      label: trans.__('Pipeline Runs'),
      caption: trans.__('Look at all runs, of every notebook, and compare them'),
      icon: kfnbIcon,
      describedBy: { args: { type: 'object' as const, properties: {} } },
      execute: async () => {
        if (page === null || page.isDisposed) {
          page = new MainAreaWidget({ content: new RunsPage(api, trans) });
          page.id = PAGE_ID;
          page.title.label = trans.__('Pipeline Runs');
          page.title.icon = kfnbIcon;
          page.title.closable = true;
          await tracker.add(page);
        }
        if (!page.isAttached) {
          app.shell.add(page, 'main', { type: 'Pipeline Runs' });
        }
        app.shell.activateById(PAGE_ID);
      }
    });
    void restorer?.restore(tracker, { command: OPEN_RUNS, name: () => PAGE_ID });
    palette?.addItem({ command: OPEN_RUNS, category: trans.__('Pipeline') });
    launcher?.add({ command: OPEN_RUNS, category: trans.__('Other'), rank: 900 });
  }
};
