/** The form of a run: which step a part of the pipeline is about. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import * as React from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import { EMPTY_FORM, type FilledForm } from '../src/model/filled_form';
import { ENGLISH } from '../src/model/words';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { RunForm } from '../src/panel/run_form';

vi.mock('../src/panel/preflight', () => ({ PreflightView: () => null }));
vi.mock('../src/panel/clusters', () => ({ useClusters: () => null }));

/** Return what the field of the part's step offers, the chosen one first. */
function offered(steps: readonly string[] | null, change: Partial<FilledForm>): string[] {
  const seen = (name: string): object | null => (steps?.includes(name) ? {} : null);
  const notebook = {
    draft: {
      changed: new Signal({}),
      form: { ...EMPTY_FORM, ...change },
      isStarting: false,
      refusal: null
    },
    analysis: steps && { valid: true, parameters: [], steps: steps.map(name => ({ name, settings: {} })) },
    trouble: null,
    isReadOnly: false,
    seen
  } as unknown as OpenNotebook;
  const page = document.createElement('div');
  const root = createRoot(page);
  const trans = ENGLISH as unknown as TranslationBundle;
  flushSync(() =>
    root.render(<RunForm {...{ notebook, trans }} api={{} as Api} consent={{ saves: true }} />)
  );
  const { options, selectedOptions } = page.querySelector<HTMLSelectElement>('[data-field=part-step]')!;
  const texts = [...selectedOptions, ...options].map(({ text }) => text);
  root.unmount();
  return texts;
}

test('A part is about the step that is chosen, also where that is gone or the notebook not read.', () => {
  const only = { part: 'only', step: 'fit' } as const;
  expect(offered(['read', 'fit'], only)).toEqual(['fit', 'read', 'fit']);
  expect(offered(['read'], only)).toEqual(['fit (gone)', 'fit (gone)', 'read']);
  expect(offered(null, only)).toEqual(['fit', 'fit']);
  expect(offered(['read'], { part: 'only', step: '' })).toEqual(['', '', 'read']);
});
