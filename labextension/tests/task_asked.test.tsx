/** What can be looked at of a task: when its cluster is asked. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import type { TaskEvents } from '../src/model/documents';
import { trans } from '../src/model/words';
import { TaskTabs } from '../src/panel/task_tabs';
import type { RunSession } from '../src/run/session';
import { later } from './stream';

const LATER_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('A cluster that does not answer is not asked again before it does.', async () => {
  const answers = [later<TaskEvents>(), later<TaskEvents>()];
  const taskEvents = vi.fn(() => answers[taskEvents.mock.calls.length - 1]!.promise);
  const session = {
    id: '1',
    log: null,
    tab: 'events',
    document: { cluster: 'far' },
    status: { tasks: new Map([['a', { state: 'RUNNING', attempt: 1 }]]) },
    hasEnded: false
  } as unknown as RunSession;
  const page = document.createElement('div');
  document.body.replaceChildren(page);
  const root = createRoot(page);
  const api = { taskEvents, address: () => '' } as unknown as Api;
  await act(async () =>
    root.render(<TaskTabs {...{ session, api }} task="a" trans={trans as TranslationBundle} />)
  );
  await act(() => vi.advanceTimersByTimeAsync(LATER_MS));
  expect(taskEvents).toHaveBeenCalledTimes(1);
  await act(async () => answers[0]!.keep({ events: [], trouble: 'it was away' }));
  expect(page.textContent).toContain('it was away');
  await act(() => vi.advanceTimersByTimeAsync(LATER_MS));
  expect(taskEvents).toHaveBeenCalledTimes(2);
  await act(async () => root.unmount());
});
