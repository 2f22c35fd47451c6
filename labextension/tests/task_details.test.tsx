/** What is said of the task that was clicked, as its run goes on. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import { trans } from '../src/model/words';
import { TaskDetails } from '../src/panel/task_details';
import { RunSession } from '../src/run/session';
import { serverWithRun, type Server } from './stream';

vi.mock('@jupyterlab/apputils', () => ({ Dialog: {}, showDialog: vi.fn() })); // nothing is asked here

const ERROR = { message: 'it is no number', code: 'KF600', cell_id: null, fix: null, traceback: '' };
let server: Server;
let session: RunSession;
let root: Root;
let page: HTMLElement;

const last = (): Server['streams'][number] => server.streams.at(-1)!;

async function shown(): Promise<string> {
  const api = { ...server.api, address: () => '' } as unknown as Api;
  const parts = { session, api, task: 'a', trans: trans as TranslationBundle, beside: null };
  await act(async () => root.render(<TaskDetails {...parts} openExecuted={null} />));
  return page.textContent ?? '';
}

beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  server = serverWithRun();
  const { run } = server.asked;
  const found = (await run('1')) as object;
  run.mockResolvedValue({ ...found, steps: [], cluster: null });
  session = await RunSession.open(server.api, '1');
  page = document.createElement('div');
  root = createRoot(page);
});

afterEach(async () => {
  await act(async () => root.unmount());
  session.dispose();
  vi.unstubAllGlobals();
});

test('Why it failed is said until it is to be tried again.', async () => {
  const given = { state: 'FAILED', metrics: {}, error: ERROR, warnings: [], artifacts: [] } as const;
  last().tell(
    { kind: 'task-state', task: 'a', state: 'RUNNING', attempt: 1 },
    { kind: 'task-output', task: 'a', output: given }
  );
  expect(await shown()).toContain('it is no number');
  last().tell({ kind: 'task-state', task: 'a', state: 'PENDING', data: { failures: 1 } });
  expect(await shown()).not.toContain('it is no number');
});
