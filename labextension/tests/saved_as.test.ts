/** What is filled in for the run of a notebook is there in the file that it is saved as. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import { EMPTY_FORM, keepForm, lastForm, OF_ONE_RUN, type FilledForm } from '../src/model/filled_form';
import { OpenNotebook } from '../src/notebook/open_notebook';
import { OpenNotebooks } from '../src/notebook/open_notebooks';
import { handOnForms } from '../src/run/saved_as';
import { emptyPanel } from './empty_panel';

vi.mock('@jupyterlab/apputils', () => ({ Dialog: {}, showDialog: vi.fn() })); // nothing is asked here

const TYPED: FilledForm = {
  ...EMPTY_FORM,
  parameters: { rate: '1.0' },
  name: 'of this run',
  part: 'only',
  step: 'a'
};

const api = { settings: { baseUrl: '/' } } as unknown as Api;
let shown: NotebookPanel[];
const added = new Signal<object, NotebookPanel>({});
const currentChanged = new Signal<object, void>({});
const tracker = {
  widgetAdded: added,
  currentChanged,
  currentWidget: null as NotebookPanel | null,
  forEach: () => {},
  find: (wanted: (panel: NotebookPanel) => boolean) => shown.find(wanted)
};
const fileChanged = new Signal<object, unknown>({});
const contents = { localPath: (path: string) => path, fileChanged } as unknown as Contents.IManager;
let notebooks: OpenNotebooks;

/** Open a notebook, in which a person works then. */
async function open(path: string): Promise<OpenNotebook> {
  tracker.currentWidget = load(path, Promise.resolve());
  return vi.waitUntil(() => notebooks.current);
}

/** Begin to open a notebook, which has been read when it is `ready`. */
function load(path: string, ready?: Promise<void>): NotebookPanel {
  const panel = emptyPanel(ready);
  Object.assign(panel.context, { path });
  shown.push(panel);
  added.emit(panel);
  return panel;
}

const saveState = ({ panel }: OpenNotebook): Signal<unknown, string> =>
  panel.context.saveState as Signal<unknown, string>;

/** A notebook has been written to the file at `path`. */
const written = (path: string): void =>
  fileChanged.emit({ type: 'save', oldValue: null, newValue: { path, type: 'notebook' } });

/** Save what is open as JupyterLab does it, whose file is at `path` from then on. */
function save(notebook: OpenNotebook, path: string): void {
  saveState(notebook).emit('started');
  written(path);
  saveState(notebook).emit('completed');
}

beforeEach(() => {
  window.localStorage.clear();
  shown = [];
  notebooks = new OpenNotebooks(
    tracker as unknown as INotebookTracker,
    async () => panel => new OpenNotebook(panel, api, contents)
  );
  handOnForms(notebooks, contents, '/');
});

afterEach(() => {
  [...notebooks].forEach(notebook => notebook.dispose());
  [added, currentChanged, fileChanged].forEach(signal => Signal.disconnectAll(signal));
  Signal.clearData(contents);
});

test('It is all there when that is opened, and what is not about one run whenever it is opened; the first keeps its own.', async () => {
  const kept = { ...EMPTY_FORM, experiment: 'Words' };
  keepForm('/', 'a.ipynb', kept);
  const first = await open('a.ipynb');
  first.draft.fillIn(TYPED);
  save(first, 'b.ipynb');
  expect((await open('b.ipynb')).draft.form).toEqual(TYPED);
  expect((await open('b.ipynb')).draft.form).toEqual({ ...TYPED, ...OF_ONE_RUN });
  expect(lastForm('/', 'a.ipynb')).toEqual(kept);
});

test('Runs are not handed on: they are of the first file.', async () => {
  const first = await open('a.ipynb');
  save(first, 'b.ipynb');
  const second = await open('b.ipynb');
  expect([second.path, second.session, second.draft.started]).toEqual(['b.ipynb', null, null]);
});

test('What is saved otherwise gets nothing: the notebook itself, another one, or a file.', async () => {
  const other = await open('other.ipynb');
  const first = await open('a.ipynb');
  first.draft.fillIn(TYPED);
  save(first, 'a.ipynb');
  save(other, 'other.ipynb');
  written('c.ipynb');
  saveState(first).emit('started');
  save(other, 'other.ipynb');
  fileChanged.emit({ type: 'save', oldValue: null, newValue: { path: 'a.py', type: 'file' } });
  fileChanged.emit({ type: 'delete', oldValue: { path: 'c.ipynb' }, newValue: null });
  expect(window.localStorage.length).toBe(0);
});

test('A save that was cancelled, of which nothing tells, hands on once at most, and nothing to notebooks that are open.', async () => {
  const first = await open('a.ipynb');
  first.draft.fillIn(TYPED);
  saveState(first).emit('started');
  load('loading.ipynb');
  written('loading.ipynb');
  expect(window.localStorage.length).toBe(0);
  written('b.ipynb');
  written('c.ipynb');
  expect([lastForm('/', 'b.ipynb').parameters, lastForm('/', 'c.ipynb')]).toEqual([
    TYPED.parameters,
    EMPTY_FORM
  ]);
});
