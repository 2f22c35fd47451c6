/** When what the server sees in a notebook is asked for anew, and when it is shown: drawing would make the next key late. */

import type { ISharedCodeCell } from '@jupyter/ydoc';
import { Notification } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import type { Analysis } from '../src/model/documents';
import { OpenNotebook } from '../src/notebook/open_notebook';
import { emptyPanel } from './empty_panel';
import { later } from './stream';

// nothing is asked here
vi.mock('@jupyterlab/apputils', () => ({
  Dialog: {},
  showDialog: vi.fn(),
  Notification: { warning: vi.fn() }
}));

let answers: ReturnType<typeof later<Analysis>>[];
let notebook: OpenNotebook;
let cell: ISharedCodeCell;

async function answered(): Promise<void> {
  answers.at(-1)!.keep({ comments: [], steps: [] } as unknown as Analysis);
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(async () => {
  vi.useFakeTimers();
  const panel = emptyPanel(Promise.resolve());
  const { sharedModel } = panel.context.model;
  cell = sharedModel.insertCell(0, { cell_type: 'code', source: 'x' }) as ISharedCodeCell;
  answers = [];
  const analyse = (): Promise<Analysis> => (answers.push(later()), answers.at(-1)!.promise);
  const api = { analyse, settings: { baseUrl: '/' } } as unknown as Api;
  const contents = { localPath: (path: string) => path } as unknown as Contents.IManager;
  notebook = new OpenNotebook(panel, api, contents);
  await vi.advanceTimersByTimeAsync(0);
});

afterEach(() => {
  notebook.dispose();
  vi.useRealTimers();
});

test('What comes back while a person types is shown in the next pause, and else at once.', async () => {
  const shown = vi.fn();
  notebook.changed.connect(shown);
  const key = (): void => cell.updateSource(0, 0, 'x');
  await answered();
  expect(shown).toHaveBeenCalledTimes(1);
  key();
  await vi.advanceTimersByTimeAsync(500);
  expect([answers.length, shown.mock.calls.length]).toEqual([2, 2]);
  key();
  await answered();
  expect(shown).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(100);
  expect(shown).toHaveBeenCalledTimes(3);
  expect(notebook.analysis).not.toBe(null);
});

test('While a cell prints, what was typed is analysed, and shown as soon as that comes back.', async () => {
  const printed = async (): Promise<void> => {
    const text = `${cell.getOutputs().length}\n`;
    cell.updateOutputs(0, 0, [{ output_type: 'display_data', data: { 'text/plain': text }, metadata: {} }]);
    cell.execution_count = (cell.execution_count ?? 0) + 1;
    cell.setMetadata('execution', { 'iopub.status.busy': text });
    await vi.advanceTimersByTimeAsync(50);
  };
  await answered();
  cell.updateSource(0, 0, 'y');
  for (let time = 0; time < 600; time += 50) {
    await printed();
  }
  expect(answers).toHaveLength(2);
  const shown = vi.fn();
  notebook.changed.connect(shown);
  await printed();
  await answered();
  expect(shown).toHaveBeenCalledTimes(1);
});

test.each<[string, () => void]>([
  ['Tags of a cell', () => cell.setMetadata('tags', ['skip'])],
  ['Metadata of the notebook', () => cell.notebook!.setMetadata('kfnb', { steps: {} })],
  ['A cell that is gone', () => cell.notebook!.deleteCell(0)]
])('%s are analysed.', async (_, change) => {
  change();
  await vi.advanceTimersByTimeAsync(500);
  expect(answers).toHaveLength(2);
});

test('The code of a cell that was added is analysed.', async () => {
  const added = cell.notebook!.insertCell(1, { cell_type: 'code', source: '' });
  await vi.advanceTimersByTimeAsync(500);
  added.setSource('y');
  await vi.advanceTimersByTimeAsync(500);
  expect(answers).toHaveLength(3);
});

test('It is said that a cell which is to be shown was deleted.', async () => {
  await notebook.select([]);
  expect(Notification.warning).not.toHaveBeenCalled();
  await notebook.select(['gone']);
  const [[said]] = vi.mocked(Notification.warning).mock.calls as [[string]];
  expect(said).toBe('The cell is not in this notebook any more.');
});
