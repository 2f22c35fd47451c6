/** Shows the newest run of a notebook when it is opened: one that goes on is live again, whoever started it. */

import type { Api } from '../api';
import type { OpenNotebook } from '../notebook/open_notebook';
import { isPageSeen, untilReached } from '../until_reached';
import { RunSession } from './session';

/** Watch the newest run, if there is one and no other was started meanwhile. */
export function showLatestRun(notebook: OpenNotebook, api: Api): void {
  const isWanted = (): boolean => !notebook.isDisposed && notebook.session === null;
  const open = async (): Promise<RunSession | null> => {
    const [newest] = isWanted() ? await api.runsOf(notebook.path, 1) : [];
    return newest === undefined ? null : RunSession.open(api, newest.run_id);
  };
  untilReached(open, {
    found: session => {
      if (session !== null && isWanted()) {
        notebook.session = session;
      } else {
        session?.dispose();
      }
    },
    refused: () => undefined, // the panel says what is wrong with the server
    isSeen: isPageSeen
  });
}
