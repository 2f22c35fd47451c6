/** Why a run cannot be started as it is filled in. */

import { describe, expect, test } from 'vitest';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Cluster, Finding } from '../src/model/documents';
import { EMPTY_FORM } from '../src/model/filled_form';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { whyNot, whyNotThere, type KnownClusters } from '../src/run/request';

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
