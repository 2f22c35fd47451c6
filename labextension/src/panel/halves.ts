/** Compares this half with the server's, and says what to do where they do not fit. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ApiError, type Api } from '../api';
import { isPageSeen, untilReached } from '../until_reached';
import { VERSION } from '../version';

export interface HalvesProblem {
  readonly message: string;
  /** Whether the server does not answer at all, so that nothing else that it cannot do need be said. */
  readonly isSilent: boolean;
}

/** Return what is wrong with the server's half; null if nothing is. */
export async function halvesProblem(api: Api, trans: TranslationBundle): Promise<HalvesProblem | null> {
  try {
    const { version } = await api.version();
    return version === VERSION ? null : { message: differing(version, trans), isSilent: false };
  } catch (error) {
    if (error instanceof ApiError && error.isMissing) {
      return { message: missing(trans), isSilent: true };
    }
    throw error;
  }
}

function differing(version: string, trans: TranslationBundle): string {
  return trans.__(
    'This page has kfnb %1, the Jupyter server has %2. Restart the server and load this page again. If they still differ, type in the environment of the server: pip install --upgrade kfnb — and do both once more.',
    VERSION,
    version
  );
}

function missing(trans: TranslationBundle): string {
  return trans.__(
    'The Jupyter server does not know kfnb. In the environment that it runs in, type: pip install kfnb && jupyter server extension enable kfnb.server — then restart the server and load this page again. To see where it is switched off, if that does not help: jupyter server extension list'
  );
}

/**
 * What is wrong with the server's half as long as it is. The server is asked when `isAway` changes (whether it is known not
 * to answer), when a person comes back to the browser's window, and while it does not answer as long as `isSeen` says that
 * somebody looks.
 */
export function useHalvesProblem(
  api: Api,
  trans: TranslationBundle,
  isAway: boolean,
  isSeen: () => boolean
): HalvesProblem | null {
  const [problem, setProblem] = React.useState<HalvesProblem | null>(null);
  const [comings, comeBack] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    window.addEventListener('focus', comeBack);
    return () => window.removeEventListener('focus', comeBack);
  }, []);
  React.useEffect(
    () =>
      untilReached(() => halvesProblem(api, trans), {
        found: setProblem,
        refused: ({ message }) => setProblem({ message, isSilent: true }),
        isSeen: () => isSeen() && isPageSeen()
      }),
    [api, isAway, comings]
  );
  return problem;
}
