/** The Step tab: what it shows of several steps and of steps that comments make, and what a click writes. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import type { Finding } from '../src/model/documents';
import { stepsIn, type TaggedCell } from '../src/model/tags';
import { ENGLISH } from '../src/model/words';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { StepTab } from '../src/panel/step_tab';

const trans = ENGLISH as unknown as TranslationBundle;
const never = new Promise<never>(() => undefined);
const api = {} as Api;
beforeEach(() => void Object.assign(api, { clusterFile: () => never, accelerators: () => never }));

const shown: { unmount(): void }[] = [];
afterEach(() => shown.splice(0).forEach(root => root.unmount()));

interface Tab {
  readonly page: Element;
  readonly written: [string, string[]][];
  readonly select: (...ids: string[]) => void;
  /** Let the notebook be one that can only be read. */
  readonly lock: () => void;
}

/** Show the tab of a notebook of these cells, all selected at first; what a click writes is kept in `written`. */
function showTab(cells: readonly TaggedCell[], ...diagnostics: Partial<Finding>[]): Tab {
  const written: [string, string[]][] = [];
  let isReadOnly = false;
  let selected = cells.map(({ id }) => id);
  const notebook = {
    cells,
    taggedSteps: stepsIn(cells),
    get selectedCells() {
      return selected;
    },
    draft: { form: { cluster: '' } },
    get isReadOnly() {
      return isReadOnly;
    },
    panel: { content: { model: { sharedModel: { canUndo: () => false } } } },
    seen: () => null,
    colorIndex: () => 0,
    placements: undefined,
    analysis: { diagnostics },
    writeTags: (changes: ReadonlyMap<string, string[]>) => written.push(...changes)
  } as unknown as OpenNotebook;
  const page = document.createElement('div');
  document.body.replaceChildren(page); // a click outside the page would be heard by nobody
  const root = createRoot(page);
  shown.push(root);
  const show = (): void => flushSync(() => root.render(<StepTab {...{ notebook, api, trans }} />));
  show();
  const select = (...ids: string[]): void => {
    selected = ids;
    show();
  };
  const lock = (): void => {
    isReadOnly = true;
    show();
  };
  return { page, written, select, lock };
}

/** Write into a field of more lines than one, as a person does. */
function write(field: Element, text: string): void {
  const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')!;
  set!.call(field, text);
  flushSync(() => field.dispatchEvent(new Event('input', { bubbles: true })));
}

const cell = (id: string, tags: string[], comment: string[] = []): TaggedCell => ({
  id,
  isCode: true,
  tags,
  comment
});

test('What only some of the selected steps come after is half ticked, and a click takes nothing away.', () => {
  const { page, written } = showTab([
    cell('a', ['step:fit', 'after:read', 'draws']),
    cell('b', ['step:score', 'after:clean'])
  ]);
  const box = (name: string): HTMLInputElement =>
    page.querySelector(`[data-field=after] input[value="${name}"]`)!;
  expect([box('read').checked, box('read').indeterminate]).toEqual([false, true]);
  box('read').click();
  expect(written).toEqual([['b', ['step:score', 'after:clean', 'after:read']]]);
  const draws = page.querySelector<HTMLInputElement>('input[data-field=draws]')!;
  expect([draws.checked, draws.indeterminate]).toEqual([false, true]);
});

test('A step that a comment makes is shown with its settings, which are changed in the comment.', () => {
  const { page, written } = showTab([cell('a', [], ['step:fit', 'timeout:2h', 'metrics'])]);
  const field = (name: string): HTMLInputElement => page.querySelector(`[data-field=${name}]`)!;
  const isFixed = (name: string): boolean => field(name).getAttribute('aria-disabled') === 'true';
  expect(page.querySelector('h2')!.textContent).toBe('fit');
  expect(page.querySelector('.kfnb-step-head')!.textContent).toContain(
    'A comment in the cell makes this step.'
  );
  expect(['role', 'step', 'timeout'].map(name => [field(name).value, isFixed(name)])).toEqual([
    ['step', true],
    ['fit', true],
    ['2h', true]
  ]);
  expect([field('metrics').checked, isFixed('metrics')]).toEqual([true, true]);
  field('metrics').click();
  expect(field('metrics').checked).toBe(true);
  expect([field('retry').value, isFixed('retry')]).toEqual(['', false]);
  expect(written).toEqual([]);
});

test('Fields of a notebook that can only be read take the focus, say why they cannot be changed, and write nothing.', () => {
  const { page, written, lock } = showTab([
    cell('a', ['step:fit', 'after:read', 'draws']),
    cell('b', ['step:score', 'timeout:10'])
  ]);
  lock();
  const fields = [...page.querySelectorAll<HTMLInputElement>('.kfnb-field :is(input, select, textarea)')];
  expect(fields.length).toBeGreaterThan(8);
  for (const field of fields) {
    field.focus();
    const said = field.getAttribute('aria-describedby')!.split(' ').at(-1)!;
    expect([document.activeElement, field.getAttribute('aria-disabled'), field.title]).toEqual([
      field,
      'true',
      'This notebook can only be read.'
    ]);
    expect(document.getElementById(said)!.textContent).toBe(field.title);
    field.click();
    field.dispatchEvent(new FocusEvent('focusout', { bubbles: true }));
    expect([field.readOnly, field.type]).toEqual([field.type !== 'checkbox', field.type]);
  }
  const draws = page.querySelector<HTMLInputElement>('input[data-field=draws]')!;
  expect([draws.checked, draws.indeterminate, written]).toEqual([false, true, []]);
});

test('A line of a list that would not be understood is not written, and a click writes what was meant.', () => {
  const { page, written } = showTab([cell('a', ['step:fit', 'pvc:data:/data'])]);
  const field = page.querySelector<HTMLTextAreaElement>('[data-field=pvc]')!;
  write(field, 'data:/data\nMore_Data:/more:ro');
  flushSync(() => field.dispatchEvent(new FocusEvent('focusout', { bubbles: true })));
  expect([field.getAttribute('aria-invalid'), written]).toEqual(['true', []]);
  const mend = field.closest('.kfnb-field')!.querySelector<HTMLElement>('.kfnb-problem button')!;
  expect(mend.textContent).toBe('Write more-data:/more:ro');
  flushSync(() => mend.click());
  expect(written).toEqual([['a', ['step:fit', 'pvc:data:/data', 'pvc:more-data:/more:ro']]]);
});

test('What the server finds wrong with a setting stands at its field, of this step alone, until something else is written.', () => {
  const wrong = {
    code: 'KF112',
    severity: 'error',
    message: '`pvc:data:/data` contradicts `secret:data:/data` in this cell.',
    fix: 'Keep one of `secret:data:/data` and `pvc:data:/data`.',
    cell_id: 'a'
  } as const;
  const { page, select } = showTab(
    [cell('a', ['step:fit', 'pvc:data:/data']), cell('b', ['step:b', 'pvc:data:/data'])],
    wrong
  );
  const field = (name: string): HTMLInputElement => page.querySelector(`[data-field=${name}]`)!;
  const described = (name: string): string =>
    field(name)
      .getAttribute('aria-describedby')!
      .split(' ')
      .map(id => document.getElementById(id)?.textContent ?? '')
      .join('');
  select('a');
  expect(field('pvc').getAttribute('aria-invalid')).toBe('true');
  expect(described('pvc')).toMatch('in this cell.\nKeep one of `secret:');
  expect(field('cpu').getAttribute('aria-invalid')).toBe('false');
  write(field('pvc'), 'data:/more');
  expect([field('pvc').getAttribute('aria-invalid'), described('pvc')]).toEqual([
    'false',
    expect.not.stringContaining('contradicts')
  ]);
  select('b');
  expect(field('pvc').getAttribute('aria-invalid')).toBe('false');
});

test('The number of GPUs is offered as one node of the chosen type has it, and more is doubted.', async () => {
  const there = { types: [{ name: 't4', nodes: 3, most: 4 }], gpus: 8, unnamed: [] };
  const near = { name: 'near', default: true, settings: {}, accelerators: ['t4'] };
  api.clusterFile = () => Promise.resolve({ clusters: [near], default: 'near', file: '', diagnostics: [] });
  api.accelerators = () => Promise.resolve(there);
  const { page, select } = showTab([
    cell('a', ['step:fit', 'gpu:6']),
    cell('b', ['step:b', 'gpu:6', 'accelerator:t4'])
  ]);
  const offered = (): string[] => {
    const { list } = page.querySelector<HTMLInputElement>('[data-field=gpu]')!;
    return [...(list?.options ?? [])].map(({ value }) => value);
  };
  select('a');
  await vi.waitFor(() => expect(offered()).toEqual(['1', '2', '4', '8']));
  expect(page.textContent).not.toContain('No node has more');
  select('b');
  expect(offered()).toEqual(['1', '2', '4']);
  expect(page.textContent).toContain('No node has more than 4 now.');
});

test('A group of settings opens when a step is selected that uses it, and stays as it is for one that does not.', async () => {
  const { page, select } = showTab([cell('a', ['step:fit']), cell('b', ['step:score', 'retry:2'])]);
  const group = (): HTMLDetailsElement => page.querySelector('[data-group=flow]')!;
  select('a');
  group().open = false;
  await vi.waitFor(() => expect(group().querySelector('[data-field=retry]')).toBe(null));
  select('b');
  await vi.waitFor(() =>
    expect(group().querySelector<HTMLInputElement>('[data-field=retry]')?.value).toBe('2')
  );
  select('a');
  expect(group().open).toBe(true);
});
