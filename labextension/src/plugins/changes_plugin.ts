/** The plugin that hears of the server when lists of runs are others now. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

import { Api } from '../api';
import { RunChanges } from '../run/run_changes';
import { IRunChanges } from '../tokens';

export const changesPlugin: JupyterFrontEndPlugin<IRunChanges> = {
  id: '@kfnb/jupyterlab:changes',
  description: 'Hears which pipeline runs go on and which have ended.',
  autoStart: true,
  provides: IRunChanges,
  activate: (app: JupyterFrontEnd): IRunChanges => {
    const changes = new RunChanges(new Api(app.serviceManager.serverSettings));
    void app.restored.then(() => changes.start()); // JupyterLab's own start is not to wait for it
    return changes;
  }
};
