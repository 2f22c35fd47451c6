/** Tells a person that a run has ended. */

import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { RunDocument } from '../model/documents';

/** Notify of the end of a run; `show` brings it before the person's eyes. */
export function noteEnd({ name, state }: RunDocument, show: () => void, trans: TranslationBundle): void {
  const options = { actions: [{ label: trans.__('Show'), callback: show }], autoClose: 4000 };
  if (state === 'SUCCEEDED') {
    Notification.success(trans.__('The run %1 succeeded.', name), options);
  } else if (state === 'FAILED') {
    Notification.warning(trans.__('The run %1 failed.', name), options);
  } else {
    Notification.warning(trans.__('The run %1 was cancelled.', name), options);
  }
}
