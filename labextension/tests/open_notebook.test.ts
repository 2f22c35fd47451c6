/** What the server sees in a notebook is shown when no keys come: drawing it would make the next key late. */

import type { Contents } from '@jupyterlab/services';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import type { Analysis } from '../src/model/documents';
import { OpenNotebook } from '../src/notebook/open_notebook';
import { emptyPanel } from './empty_panel';
import { later } from './stream';

vi.mock('@jupyterlab/apputils', () => ({ Dialog: {}, showDialog: vi.fn() })); // nothing is asked here

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('What comes back while a person types is shown in the next pause, and else at once.', async () => {
  const panel = emptyPanel(Promise.resolve());
  const answers: ReturnType<typeof later<Analysis>>[] = [];
  const analyse = (): Promise<Analysis> => (answers.push(later()), answers.at(-1)!.promise);
  const api = { analyse, settings: { baseUrl: '/' } } as unknown as Api;
  const contents = { localPath: (path: string) => path } as unknown as Contents.IManager;
  const notebook = new OpenNotebook(panel, api, contents);
  const shown = vi.fn();
  notebook.changed.connect(shown);
  const key = (): void => (panel.context.model.contentChanged as unknown as { emit(_: void): void }).emit();
  const answered = async (): Promise<void> => {
    answers.at(-1)!.keep({ comments: [], steps: [] } as unknown as Analysis);
    await vi.advanceTimersByTimeAsync(0);
  };

  await vi.advanceTimersByTimeAsync(0);
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
  notebook.dispose();
});
