/** Proposed steps: everything that would be tagged is seen before it is. */

import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Suggestion } from '../src/model/documents';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { Proposal } from '../src/panel/proposal';

const trans = {
  __: (text: string, ...values: unknown[]) => text.replace(/%(\d)/g, (_, place) => String(values[place - 1]))
} as unknown as TranslationBundle;

const suggestion = {
  steps: [{ name: 'fit', cells: ['a'], why: 'a heading', new: true }],
  edges: [{ source: 'load', target: 'fit', names: ['rows', 'cut'], why: [] }],
  tags: [{ cell_id: 'a', add_tags: ['step:fit'], remove_tags: [] }],
  parameters: { cell_id: 'b', why: 'only plain values' },
  setup: [{ cell_id: 'c', why: 'imports only' }],
  metrics: [{ cell_id: 'd', why: 'prints an accuracy' }],
  skippable: [{ cell_id: 'e', why: 'shows a table' }],
  notes: ['load and clean were joined'],
  diagnostics: [
    { code: 'KF301', severity: 'warning', message: 'no seed', fix: null, cell_id: null, apply: null }
  ]
} as unknown as Suggestion;

test('Steps, what flows to them, cells of other kinds and doubts are all there, each with its reason.', () => {
  const page = document.createElement('div');
  page.innerHTML = renderToStaticMarkup(
    <Proposal notebook={{} as OpenNotebook} trans={trans} suggestion={suggestion} onDone={() => undefined} />
  );
  const said = (place: string): string => page.querySelector(place)?.textContent ?? '';
  expect(said('[data-step=fit]')).toContain('from load: rows, cut');
  expect(said('[data-proposed=parameters]')).toContain('only plain values');
  expect(said('[data-proposed=setup]')).toContain('imports only');
  expect(said('[data-proposed=metrics]')).toContain('prints an accuracy');
  expect(said('[data-proposed=skippable]')).toContain('shows a table');
  expect(said('[data-code=KF301]')).toContain('no seed');
  expect(page.textContent).toContain('load and clean were joined');
});
