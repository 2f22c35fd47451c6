/** Why a run cannot be started as it is filled in. */

import { describe, expect, test } from 'vitest';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Cluster, Finding, Parameter } from '../src/model/documents';
import { EMPTY_FORM } from '../src/model/filled_form';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { requestOf, whyNot, whyNotThere, type KnownClusters } from '../src/run/request';

const trans = {
  __: (text: string, ...values: unknown[]) => text.replace(/%(\d)/g, (_, place) => String(values[place - 1]))
} as unknown as TranslationBundle;

describe('a cluster that was chosen once', () => {
  const wrong = { message: 'clusters.toml, line 2: in cluster `near`, `root` is missing.' } as Finding;
  const known: KnownClusters = {
    clusters: [{ name: 'far' } as Cluster],
    findings: [wrong],
    trouble: null
  };

  test.each<[string, KnownClusters | null, string, string | null]>([
    ['it can be used', known, 'far', null],
    ['this machine is chosen', known, '', null],
    ['it is not known yet', null, 'near', null],
    ['its profile has a mistake', known, 'near', `near is not usable: ${wrong.message}`],
    [
      'it is gone',
      known,
      'old',
      'old is not usable: it is not in the file of profiles; choose another place'
    ],
    [
      'the file cannot be read',
      { clusters: [], findings: [], trouble: 'It is not TOML.' },
      'far',
      'far is not usable: It is not TOML.'
    ]
  ])('Where %s, a run to it is held back only with the reason.', (_, file, cluster, why) => {
    expect(whyNotThere(file, cluster, trans)).toBe(why);
  });
});

test.each([
  [true, true, true],
  [true, false, false],
  [false, false, true]
])('Read-only: %s, saved: %s, so that a run may be of what is on screen: %s.', (isReadOnly, isSaved, may) => {
  const draft = { form: EMPTY_FORM, isStarting: false };
  const notebook = { isReadOnly, isSaved, draft, analysis: { valid: true, parameters: [] } };
  const why = whyNot(notebook as unknown as OpenNotebook, trans);
  expect(why).toEqual(may ? null : expect.stringContaining('without your changes'));
});

test('Parameters are sent as they were written, but for those that are as in the notebook or that no box can show.', () => {
  const known = [
    { name: 'rate', type: 'float', default: 0.1, written: '0.1' },
    { name: 'sizes', type: 'list', default: [1], written: '[1.0]' },
    { name: 'few', type: 'any', default: 1, written: '1' },
    { name: 'loud', type: 'bool', default: true, written: 'true' }
  ] satisfies Parameter[];
  const parameters = { rate: '1', sizes: '[1.0]', few: '1.0', loud: '3' };
  const draft = { form: { ...EMPTY_FORM, parameters }, isStarting: false };
  const notebook = { draft, isSaved: true, analysis: { valid: true, parameters: known } };
  const open = notebook as unknown as OpenNotebook;
  expect(requestOf(open, draft.form)).toEqual({ written: { rate: '1.0', few: '1.0' } });
  expect(whyNot(open, trans)).toBe(null);
});
