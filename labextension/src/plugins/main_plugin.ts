/** The plugin that puts the panel, the chips and the commands into JupyterLab. */

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Api } from '../api';
import { kfnbIcon } from '../icon';
import { speak } from '../model/words';
import type { OpenNotebook } from '../notebook/open_notebook';
import { OpenNotebooks } from '../notebook/open_notebooks';
import { KfnbPanel } from '../panel/panel';
import { LivingRuns } from '../run/living_runs';
import { noteEnd } from '../run/notification';
import { handOnForms } from '../run/saved_as';
import { IRunChanges } from '../tokens';
import { untilLoaded } from '../until_loaded';
import { addClusterCommands } from './cluster_commands';
import { addCommands } from './commands';
import { CommandIds, OPEN_RUNS } from './command_ids';
import { addPipelineCommands } from './pipeline_commands';
import { addRunCommands } from './run_commands';
import { addStepCommands } from './step_commands';
import { addTaskCommands } from './task_commands';
import { rememberedConsent } from './consent';

const PLUGIN_ID = '@kfnb/jupyterlab:plugin';
const PANEL_ID = 'kfnb-panel';

export const mainPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Tag cells as steps, run the notebook as a pipeline, watch it.',
  autoStart: true,
  requires: [INotebookTracker, IRunChanges],
  optional: [
    ISettingRegistry,
    ITranslator,
    ICommandPalette,
    ILayoutRestorer,
    ILauncher,
    IStatusBar,
    IDefaultFileBrowser
  ],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    changes: IRunChanges,
    settings: ISettingRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    launcher: ILauncher | null,
    statusBar: IStatusBar | null,
    files: IDefaultFileBrowser | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('kfnb');
    speak(trans);
    const { shell, commands } = app;
    const api = new Api(app.serviceManager.serverSettings);
    const notebooks: OpenNotebooks = new OpenNotebooks(tracker, async () => {
      const { opened } = await untilLoaded(() => import('../notebook/opened'));
      return shown => opened(shown, { app, api, panel, trans });
    });
    handOnForms(notebooks, app.serviceManager.contents, api.settings.baseUrl);
    const consent = rememberedConsent(settings, PLUGIN_ID, app.restored);

    const panel = new KfnbPanel({ notebooks, api, consent, changes, commands, trans });
    panel.id = PANEL_ID;
    panel.title.icon = kfnbIcon;
    panel.title.caption = trans.__('Pipeline (kfnb)');
    panel.node.setAttribute('role', 'region');
    panel.node.setAttribute('aria-label', trans.__('Pipeline of the notebook'));
    shell.add(panel, 'right', { rank: 850, type: 'Pipeline' });
    restorer?.add(panel, PANEL_ID);

    const showRunOf = (notebook: OpenNotebook | null): void => {
      if (notebook === null) {
        void commands.execute(OPEN_RUNS);
        return;
      }
      panel.tab = 'run';
      shell.activateById(notebook.panel.id);
      shell.activateById(PANEL_ID);
    };
    void app.restored.then(() => {
      const living = new LivingRuns({
        notebooks,
        api,
        changes,
        trans,
        onChoose: showRunOf,
        onEnd: run => {
          const isShown = ({ session }: OpenNotebook): boolean => session?.id === run.run_id;
          noteEnd(run, () => showRunOf([...notebooks].find(isShown) ?? null), trans);
        }
      });
      statusBar?.registerStatusItem('@kfnb/jupyterlab:living-runs', living.item);
    });
    addCommands({ app, api, notebooks, panel, trans, folder: () => files?.model.path ?? '' });
    const showRun = (): void => {
      panel.tab = 'run';
      shell.activateById(PANEL_ID);
    };
    addStepCommands({ app, notebooks, consent, trans, showRun });
    addPipelineCommands({ app, notebooks, consent, trans, showRun });
    addClusterCommands({ app, api, panel, trans });
    const ofRun = { app, api, notebooks, trans, showRun };
    addRunCommands(ofRun);
    addTaskCommands(ofRun);
    tracker.activeCellChanged.connect(() => commands.notifyCommandChanged(CommandIds.nameStep));
    notebooks.currentChanged.connect(() => commands.notifyCommandChanged());
    for (const command of Object.values(CommandIds)) {
      palette?.addItem({ command, category: trans.__('Pipeline') });
    }
    launcher?.add({ command: CommandIds.openExample, category: trans.__('Notebook'), rank: 900 });
  }
};
