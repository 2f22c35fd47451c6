/** How a run stands: what it was given. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { expect, test } from 'vitest';

import { pending } from '../src/model/run_state';
import { ENGLISH } from '../src/model/words';
import { RunHead } from '../src/panel/run_head';
import type { RunSession } from '../src/run/session';

test('The parameters of a run are shown as they were written: 1.0 is not 1.', () => {
  const session = {
    id: '1',
    status: pending(['fit']),
    isInterrupted: false,
    waits: null,
    unseen: null,
    trouble: null,
    document: {
      parameters: { rate: 1, many: 2 ** 60 },
      written: { rate: '1.0', many: '1152921504606846976' },
      started_by: null,
      cluster: null
    }
  } as unknown as RunSession;
  const page = document.createElement('div');
  const root = createRoot(page);
  flushSync(() => root.render(<RunHead session={session} trans={ENGLISH as unknown as TranslationBundle} />));
  expect(page.textContent).toContain('rate = 1.0, many = 1152921504606846976');
  root.unmount();
});
