/** The plugin that opens the page of all runs in JupyterLab's main area. */

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { Api } from '../api';
import { kfnbIcon } from '../icon';
import { speak } from '../model/words';
import type { Rendering } from '../run/executed_notebook';
import type { ActionName } from '../runs_page/page_actions';
import type { RunsPage } from '../runs_page/runs_page';
import { IRunChanges } from '../tokens';
import { untilLoaded } from '../until_loaded';
import { OPEN_RUNS, PageCommandIds } from './command_ids';
import { addReasoned } from './reasoned';

const PAGE_ID = 'kfnb-runs';
/** What the code of runs is, for the editors that show it. */
const PYTHON = 'text/x-ipython';

export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@kfnb/jupyterlab:runs',
  description: 'The page of all pipeline runs: search, sort, compare, archive, delete.',
  autoStart: true,
  requires: [IRunChanges],
  optional: [
    ITranslator,
    ICommandPalette,
    ILayoutRestorer,
    ILauncher,
    IRenderMimeRegistry,
    NotebookPanel.IContentFactory
  ],
  activate: (
    app: JupyterFrontEnd,
    changes: IRunChanges,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    launcher: ILauncher | null,
    rendermime: IRenderMimeRegistry | null,
    contentFactory: NotebookPanel.IContentFactory | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('kfnb');
    speak(trans);
    const api = new Api(app.serviceManager.serverSettings);
    const tracker = new WidgetTracker<MainAreaWidget<RunsPage>>({ namespace: PAGE_ID });
    const rendering: Rendering | null =
      rendermime !== null && contentFactory !== null
        ? { rendermime, contentFactory, codeMimetype: PYTHON }
        : null;
    const show =
      rendering &&
      (async (run: string, task: string): Promise<void> => {
        const { openExecuted } = await import('../run/executed_notebook');
        await openExecuted({ shell: app.shell, api, trans }, rendering, { run, task, ref: PAGE_ID });
      });
    let page: MainAreaWidget<RunsPage> | null = null;
    app.commands.addCommand(OPEN_RUNS, {
      label: trans.__('Pipeline Runs'),
      caption: trans.__('Look at all runs, of every notebook, and compare them'),
      icon: kfnbIcon,
      describedBy: { args: { type: 'object' as const, properties: {} } },
      execute: async () => {
        const { RunsPage } = await untilLoaded(() => import('../runs_page/runs_page'));
        if (page === null || page.isDisposed) {
          page = new MainAreaWidget({
            content: new RunsPage({ api, rendering, openExecuted: show }, changes, trans)
          });
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
    const added = addPageCommands(app.commands, () => (page?.isVisible ? page.content : null), trans);
    for (const command of [OPEN_RUNS, ...added]) {
      palette?.addItem({ command, category: trans.__('Pipeline') });
    }
    launcher?.add({ command: OPEN_RUNS, category: trans.__('Other'), rank: 900 });
  }
};

/** Add a command for each thing that can be done on the page, and return their ids. `shown`: the page, if it is seen. */
function addPageCommands(
  commands: CommandRegistry,
  shown: () => RunsPage | null,
  trans: TranslationBundle
): readonly string[] {
  const words: Readonly<Record<ActionName, readonly [label: string, caption: string]>> = {
    compare: [trans.__('Compare the Chosen Runs'), trans.__('Put the chosen runs side by side')],
    tag: [trans.__('Tag the Chosen Runs…'), trans.__('Give the chosen runs a tag')],
    archive: [
      trans.__('Archive the Chosen Runs or Put Them Back'),
      trans.__('Take the chosen runs out of the list, or put those of the archive back')
    ],
    delete: [trans.__('Delete the Chosen Runs…'), trans.__('Remove the chosen runs for good')],
    refresh: [
      trans.__('Refresh the List of Runs'),
      trans.__('Ask the server again for the runs and for what is shown below them')
    ],
    undo: [
      trans.__('Take Back What Was Done to Runs'),
      trans.__('Undo the tags that were given, or the archiving, as the page says it')
    ],
    previous: [trans.__('Previous Page of Runs'), trans.__('Show the runs before these')],
    next: [trans.__('Next Page of Runs'), trans.__('Show the runs after these')],
    uncondition: [
      trans.__('Take a Condition of the List Away…'),
      trans.__('List also the runs that one of the conditions keeps out')
    ],
    plot: [
      trans.__('Plot an Experiment…'),
      trans.__('Plot the metrics of the runs of an experiment on the page of runs')
    ],
    untag: [
      trans.__('Take a Tag off the Opened Run…'),
      trans.__('Take one of its tags off the run that is opened on the page of runs')
    ],
    cancel: [
      trans.__('Cancel the Opened Run'),
      trans.__('End the run that is opened on the page of runs; what its tasks have done so far is kept')
    ],
    resume: [
      trans.__('Resume the Opened Run'),
      trans.__('Do anew what failed or was cancelled in the run that is opened on the page of runs')
    ],
    executed: [
      trans.__('Open Executed Notebook of the Opened Run'),
      trans.__('Open the notebook that the clicked task of the opened run executed; it can only be read')
    ],
    log: [
      trans.__('Show the Log of the Opened Run'),
      trans.__('Look at what the clicked task of the opened run prints')
    ],
    events: [
      trans.__('Show the Events of the Opened Run'),
      trans.__('Look at what happened to the clicked task of the opened run')
    ],
    pod: [
      trans.__('Show the Pod of the Opened Run'),
      trans.__('Look at the pod of the clicked task of the opened run as YAML')
    ],
    element: [
      trans.__('Show an Element of the Opened Run…'),
      trans.__('Look at one element of the fan-out that was clicked in the opened run, by its number')
    ],
    earlier: [
      trans.__('Show What the Log of the Opened Run Has Before'),
      trans.__('Show what the clicked task printed before the part of its log that is shown')
    ],
    download: [
      trans.__('Download the Log of the Opened Run'),
      trans.__('Keep all that the clicked task printed as a file')
    ]
  };
  return (Object.keys(words) as ActionName[]).map(name => {
    const id = PageCommandIds[name];
    const [label, caption] = words[name];
    addReasoned(commands, id, {
      label,
      caption,
      why: () => {
        const action = shown()?.action(name) ?? null;
        return action === null ? trans.__('Open the page of all runs first: Pipeline Runs.') : action.why;
      },
      execute: () => shown()!.action(name)!.act()
    });
    return id;
  });
}
