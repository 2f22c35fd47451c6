/** Shows the newest run of a notebook when it is opened: one that goes on is live again, whoever started it. */

import type { Api } from '../api';
import type { OpenNotebook } from '../notebook/open_notebook';
import { RunSession } from './session';

/** Watch the newest run, if there is one and no other was started meanwhile. */
export async function showLatestRun(notebook: OpenNotebook, api: Api): Promise<void> {
  try {
    const [newest] = await api.runsOf(notebook.path, 1);
    if (newest === undefined) {
      return;
    }
    const session = await RunSession.open(api, newest.run_id);
    if (notebook.isDisposed || notebook.session !== null) {
      session.dispose();
    } else {
      notebook.session = session;
    }
  } catch {
    // the panel says what is wrong with the server when it is asked for more
  }
}
