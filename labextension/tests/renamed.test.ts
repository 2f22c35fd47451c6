/** What was filled in for the run of a notebook goes with it when it is renamed. */

import type { Contents } from '@jupyterlab/services';
import type { Signal } from '@lumino/signaling';
import { beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import { EMPTY_FORM, keepForm, lastForm, moveForm, type FilledForm } from '../src/model/filled_form';
import { OpenNotebook } from '../src/notebook/open_notebook';
import { emptyPanel } from './empty_panel';

vi.mock('@jupyterlab/apputils', () => ({ Dialog: {}, showDialog: vi.fn() })); // nothing is asked here

const FILLED: FilledForm = { ...EMPTY_FORM, parameters: { word: 'x' }, experiment: 'Words' };

beforeEach(() => window.localStorage.clear());

test('It is there under each new name, and no more under the old ones.', () => {
  keepForm('/', 'a.ipynb', FILLED);
  const panel = emptyPanel();
  const context = panel.context as unknown as { path: string; pathChanged: Signal<object, string> };
  const api = { settings: { baseUrl: '/' } } as unknown as Api;
  const contents = { localPath: (path: string) => path } as unknown as Contents.IManager;
  const notebook = new OpenNotebook(panel, api, contents);
  for (const path of ['b.ipynb', 'c.ipynb']) {
    context.path = path;
    context.pathChanged.emit(path);
  }
  expect(notebook.draft.form).toEqual(FILLED);
  expect(['a', 'b', 'c'].map(name => lastForm('/', `${name}.ipynb`))).toEqual([
    EMPTY_FORM,
    EMPTY_FORM,
    FILLED
  ]);
  notebook.dispose();
});

test('A notebook for which nothing was filled in, or that keeps its name, changes nothing.', () => {
  keepForm('/', 'a.ipynb', FILLED);
  moveForm('/', 'other.ipynb', 'a.ipynb');
  moveForm('/', 'a.ipynb', 'a.ipynb');
  expect(lastForm('/', 'a.ipynb')).toEqual(FILLED);
});
