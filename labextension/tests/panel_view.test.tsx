/** The side panel: what it shows when a person goes from one notebook to another, and where a click on the graph leads. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { stepsIn } from '../src/model/tags';
import { ENGLISH } from '../src/model/words';
import type { KfnbPanel, PanelParts } from '../src/panel/panel';
import PanelView from '../src/panel/panel_view';

vi.mock('@jupyterlab/apputils', () => ({ ReactWidget: class {}, Notification: {}, showDialog: vi.fn() }));
vi.mock('../src/panel/clusters_tab', () => ({ ClustersTab: () => null }));
vi.mock('../src/panel/run_tab', () => ({ RunTab: () => null }));
vi.mock('../src/panel/step_actions', () => ({ StepActions: () => null }));
vi.mock('../src/panel/suggest_steps', () => ({ SuggestSteps: () => null }));
vi.mock('../src/panel/pipeline_graph', () => ({
  PipelineGraph: ({ onChoose }: { onChoose: (name: string) => void }) => (
    <button onClick={event => onChoose(event.currentTarget.value)}>graph</button>
  )
}));

const never = new Promise<never>(() => undefined);
const select = vi.fn((_ids: readonly string[]) => Promise.resolve());
let root: Root;
let page: HTMLElement;

/** Show a tab of the panel for the notebook at `path`, in which one cell is the step *train*. */
async function show(tab: string, path: string): Promise<void> {
  const cells = [{ id: 'a', isCode: true, tags: ['step:train'], comment: [] }];
  const step = { name: 'train', cells: ['a'] };
  const notebook = {
    path,
    cells,
    select,
    changed: new Signal({}),
    taggedSteps: stepsIn(cells),
    selectedCells: ['a'],
    draft: { form: { cluster: '' }, changed: new Signal({}) },
    isReadOnly: false,
    trouble: null,
    session: null,
    panel: { content: { model: { sharedModel: { canUndo: () => false } } } },
    seen: (name: string) => (name === 'train' ? { ...step, inputs: [], outputs: [] } : null),
    colorIndex: () => 0,
    placements: undefined,
    analysis: { diagnostics: [], steps: [step], edges: [] }
  };
  const parts = {
    notebooks: { current: notebook, currentChanged: new Signal({}) },
    api: { version: () => never, clusterFile: () => never, accelerators: () => never },
    trans: ENGLISH as unknown as TranslationBundle
  } as unknown as PanelParts;
  const panel = { tab, chosen: new Signal({}), isVisible: true } as unknown as KfnbPanel;
  await act(async () => root.render(<PanelView {...parts} panel={panel} />));
}

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  page = document.createElement('div');
  document.body.replaceChildren(page);
  root = createRoot(page);
});

afterEach(async () => {
  await act(async () => root.unmount());
  vi.unstubAllGlobals();
});

test('What was half written of a step is not carried to the step of that name in another notebook.', async () => {
  const field = (): HTMLInputElement => page.querySelector('[data-field=cpu]')!;
  await show('step', 'a.ipynb');
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!;
  set!.call(field(), '2');
  await act(async () => void field().dispatchEvent(new Event('input', { bubbles: true })));
  expect(field().value).toBe('2');
  await show('step', 'b.ipynb');
  expect(field().value).toBe('');
});

test('A click on the graph shows the cells of the step, also one on an element of its fan-out.', async () => {
  await show('pipeline', 'a.ipynb');
  const graph = page.querySelector<HTMLButtonElement>('.kfnb-tab-body button')!;
  for (const name of ['train', 'train[3]']) {
    graph.value = name;
    await act(async () => graph.click());
    expect(select).toHaveBeenLastCalledWith(['a']);
  }
  expect(select).toHaveBeenCalledTimes(2);
});
