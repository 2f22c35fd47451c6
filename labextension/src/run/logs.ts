/** What is done with the log of the task that is looked at, by commands as by the buttons beside it. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { logAddress, type Api } from '../api';
import { whyNoTask } from './reasons';
import type { RunSession } from './session';

/** Why nothing stands before the part of the log that is shown. */
export function whyNoEarlier(session: RunSession | null, trans: TranslationBundle): string | null {
  const isWhole = session?.log?.text.start === 0;
  return whyNoTask(session, trans) ?? (isWhole ? trans.__('The log is shown from its beginning.') : null);
}

/** Where the whole log of a task is had as a file. */
export function downloadOf(api: Api, run: string, task: string): string {
  return `${api.address(logAddress(run, task))}?download`;
}

/** Have the browser keep the whole log of the task that is looked at. */
export function downloadLog(api: Api, { id, log }: RunSession): void {
  const link = document.createElement('a');
  link.href = downloadOf(api, id, log!.source);
  link.download = '';
  link.click();
}
