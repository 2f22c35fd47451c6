/** Compares this half with the server's, and says what to do where they do not fit. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { ApiError, type Api } from '../api';
import { VERSION } from '../version';

/** Return what is wrong with the server's half, in words; null if nothing is. */
export async function halvesProblem(api: Api, trans: TranslationBundle): Promise<string | null> {
  try {
    const { version } = await api.version();
    return version === VERSION
      ? null
      : trans.__(
          'This page has kfnb %1, the Jupyter server has %2. Restart the server and load this page again. If they still differ, type in the environment of the server: pip install --upgrade kfnb — and do both once more.',
          VERSION,
          version
        );
  } catch (error) {
    if (error instanceof ApiError && error.isMissing) {
      return trans.__(
        'The Jupyter server does not know kfnb. In the environment that it runs in, type: pip install kfnb && jupyter server extension enable kfnb.server — then restart the server and load this page again. To see where it is switched off, if that does not help: jupyter server extension list'
      );
    }
    return (error as Error).message;
  }
}
