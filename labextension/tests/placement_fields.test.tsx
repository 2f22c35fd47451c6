/** The fields of an affinity and a pod patch: what is written into the notebook, and when. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import type { Placement } from '../src/model/documents';
import { ENGLISH } from '../src/model/words';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { PlacementFields } from '../src/panel/placement_fields';
import { later } from './stream';

const trans = ENGLISH as unknown as TranslationBundle;
const SPREAD = { podAntiAffinity: { x: [1] } };
const IN_YAML = 'podAntiAffinity:\n  x:\n  - 1';
const writePlacements = vi.fn((about: unknown) => void (notebook.placements = about));
const readPlacement = vi.fn((_kind: string, text: string) =>
  Promise.resolve({ value: text === '' ? {} : { podAffinity: {} }, yaml: text && 'podAffinity: {}' })
);
let notebook: { placements: unknown; readonly writePlacements: typeof writePlacements };
let answer: ReturnType<typeof later<Placement>>;
let root: Root;
let page: HTMLElement;

const field = (): HTMLTextAreaElement => page.querySelector('[data-field=affinity]')!;
const hint = (): string =>
  document.getElementById(field().getAttribute('aria-describedby')!.split(' ')[0]!)!.textContent!;

async function show(): Promise<void> {
  const api = { writtenPlacement: () => answer.promise, readPlacement } as unknown as Api;
  const parts = { notebook: notebook as unknown as OpenNotebook, api, step: 'fit', why: null };
  await act(async () => root.render(<PlacementFields {...parts} trans={trans} />));
}

/** Go to the field, write there, where a person does, and leave it. */
async function visit(text?: string): Promise<void> {
  await act(async () => field().focus());
  if (text !== undefined) {
    const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')!;
    set!.call(field(), text);
    await act(async () => void field().dispatchEvent(new Event('input', { bubbles: true })));
  }
  await act(async () => void field().dispatchEvent(new FocusEvent('focusout', { bubbles: true })));
}

beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  vi.clearAllMocks();
  notebook = { placements: { steps: { fit: { affinity: SPREAD } } }, writePlacements };
  answer = later();
  page = document.createElement('div');
  document.body.replaceChildren(page);
  root = createRoot(page);
  await show();
});

afterEach(async () => {
  await act(async () => root.unmount());
  vi.unstubAllGlobals();
});

test('Who passes through a field that is still being read, or only looks at it, changes nothing.', async () => {
  expect([field().readOnly, hint()]).toEqual([true, 'It is being read …']);
  await visit();
  await act(async () => answer.keep({ value: SPREAD, yaml: IN_YAML }));
  expect([field().readOnly, field().value]).toEqual([false, IN_YAML]);
  await visit();
  expect([readPlacement.mock.calls, writePlacements.mock.calls]).toEqual([[], []]);
});

test('What a person writes is written into the notebook, and stands there while it is read again.', async () => {
  await act(async () => answer.keep({ value: SPREAD, yaml: IN_YAML }));
  answer = later();
  await visit('{"podAffinity": {}}');
  expect(writePlacements.mock.calls).toEqual([[{ steps: { fit: { affinity: { podAffinity: {} } } } }]]);
  await show();
  expect([field().readOnly, field().value]).toEqual([false, 'podAffinity: {}']);
  await act(async () => answer.keep({ value: { podAffinity: {} }, yaml: 'podAffinity: {} # read' }));
  expect(field().value).toBe('podAffinity: {} # read');
  await visit('');
  expect(writePlacements).toHaveBeenLastCalledWith({});
  await show();
  expect([field().readOnly, field().value]).toEqual([false, '']);
});

test('What a person goes on to write while it is read again stays.', async () => {
  await act(async () => answer.keep({ value: SPREAD, yaml: IN_YAML }));
  answer = later();
  await visit('{"podAffinity": {}}');
  await show();
  readPlacement.mockRejectedValueOnce(new Error('This is no YAML'));
  await visit('{');
  await act(async () => answer.keep({ value: { podAffinity: {} }, yaml: 'podAffinity: {} # read' }));
  expect(field().value).toBe('{');
});

test('What is undone elsewhere takes the place of what was half written.', async () => {
  await act(async () => answer.keep({ value: SPREAD, yaml: IN_YAML }));
  readPlacement.mockRejectedValueOnce(new Error('This is no YAML'));
  await visit('{');
  expect([field().value, hint()]).toEqual(['{', 'This is no YAML']);
  notebook.placements = {};
  await show();
  expect([field().value, hint()]).toEqual(['', expect.stringContaining('nodeAffinity')]);
});
