/** Tells a person that a run that they watched living has ended. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { OpenNotebook } from '../notebook/open_notebook';
import type { KfnbPanel } from '../panel/panel';

/** Notify once for each run of the notebook that ends while it is watched. */
export function noteEnds(
  notebook: OpenNotebook,
  panel: KfnbPanel,
  shell: JupyterFrontEnd.IShell,
  trans: TranslationBundle
): void {
  const living = new Set<string>();
  notebook.changed.connect(() => {
    const { session } = notebook;
    if (session === null) {
      return;
    }
    if (!session.hasEnded && session.status.started !== null) {
      living.add(session.id);
    } else if (session.hasEnded && living.delete(session.id)) {
      const { state } = session.status;
      const { name } = session.document;
      const show = (): void => {
        panel.tab = 'run';
        shell.activateById(panel.id);
      };
      const options = { actions: [{ label: trans.__('Show'), callback: show }], autoClose: 4000 };
      if (state === 'SUCCEEDED') {
        Notification.success(trans.__('The run %1 succeeded.', name), options);
      } else {
        Notification.warning(trans.__('The run %1 ended: %2.', name, state.toLowerCase()), options);
      }
    }
  });
}
