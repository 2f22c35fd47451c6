/** Which actions on chosen runs are possible. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

import { MOST_COMPARED, whyNoComparison } from '../src/runs_page/overlaid';

test('From two runs to twenty can be put side by side; else it is said why not.', () => {
  expect(whyNoComparison(1)).toContain('two runs or more');
  expect(whyNoComparison(2)).toBeNull();
  expect(whyNoComparison(20)).toBeNull();
  expect(whyNoComparison(21)).toBe('At most 20 runs can be compared at once; 21 are chosen.');
});

test('So many as the server takes at once.', () => {
  const { paths } = JSON.parse(readFileSync(resolve('../kfnb/server/openapi.json'), 'utf-8'));
  const [{ schema }] = paths['/compare'].get.parameters;
  expect([schema.minItems, schema.maxItems]).toEqual([2, MOST_COMPARED]);
});
