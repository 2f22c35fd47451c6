import type { TranslationBundle } from '@jupyterlab/translation';
import { describe, expect, test } from 'vitest';

import { nodesInWords, noteOf, offerOf } from '../src/model/accelerators';
import type { Accelerators, Cluster } from '../src/model/documents';

const filled = (text: string, values: unknown[]): string =>
  text.replace(/%(\d)/g, (_, place) => String(values[place - 1]));
const trans = {
  __: (text: string, ...values: unknown[]) => filled(text, values),
  _n: (one: string, many: string, n: number, ...values: unknown[]) => filled(n === 1 ? one : many, values)
} as unknown as TranslationBundle;

const cluster = (name: string, ...accelerators: string[]): Cluster => ({
  name,
  default: false,
  settings: {},
  accelerators
});
const seen = (types: Readonly<Record<string, number | null>>, ...unnamed: string[]): Accelerators => ({
  types: Object.entries(types).map(([name, nodes]) => ({ name, nodes })),
  unnamed
});
const near = cluster('near', 'big', 't4', 'h100');
const far = cluster('far', 't4', 'h100');

describe('accelerator types that are offered', () => {
  test('A cluster that cannot be seen offers what its profile knows, and nothing is said of its nodes.', () => {
    const offer = offerOf([near, far], new Map(), 'near');
    expect(offer).toEqual(seen({ big: null, t4: null, h100: null }));
    expect([nodesInWords(null, trans), noteOf('t4', offer, trans)]).toEqual([null, null]);
  });

  test('What nodes have comes first, each with how many; what none has is said.', () => {
    const offer = offerOf([near], new Map([['near', seen({ big: 0, t4: 2, h100: 1 })]]), '');
    expect(offer.types.map(({ name }) => name)).toEqual(['t4', 'h100', 'big']);
    expect(offer.types.map(({ nodes }) => nodesInWords(nodes, trans))).toEqual([
      '2 nodes',
      '1 node',
      'no node has it'
    ]);
    expect([noteOf('t4', offer, trans), noteOf('', offer, trans)]).toEqual([null, null]);
    expect(noteOf('big', offer, trans)).toBe('No node has it now.');
  });

  test('What no type means is named where a step asks for what there is not.', () => {
    const offer = offerOf([near], new Map([['near', seen({ t4: 0 }, 'NVIDIA-RTX-A6000')]]), 'near');
    expect(noteOf('t4', offer, trans)).toMatch('Nodes have NVIDIA-RTX-A6000');
  });

  test('Where no cluster is chosen those of all are offered, and none is said to lack what another may have.', () => {
    const offer = offerOf([near, far], new Map([['far', seen({ t4: 3, h100: 0 })]]), '');
    expect(offer).toEqual(seen({ t4: 3, big: null, h100: null }));
    const both = new Map([
      ['near', seen({ big: 1, t4: 1, h100: 0 })],
      ['far', seen({ t4: 3, h100: 0 })]
    ]);
    expect(offerOf([near, far], both, '')).toEqual(seen({ big: 1, t4: 4, h100: 0 }));
  });
});
