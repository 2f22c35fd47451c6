import type { TranslationBundle } from '@jupyterlab/translation';
import { describe, expect, test } from 'vitest';

import { countsUpTo, mostFor, nodesInWords, noteOf, noteOfCount, offerOf } from '../src/model/accelerators';
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
  types: Object.entries(types).map(([name, nodes]) => ({ name, nodes, most: nodes && 4 })),
  gpus: null,
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
    const { types } = seen({ t4: 3, big: null, h100: null });
    const unsure = types.map(type => (type.name === 't4' ? { ...type, most: null } : type));
    expect(offer.types).toEqual(unsure);
    const both = new Map([
      ['near', seen({ big: 1, t4: 1, h100: 0 })],
      ['far', seen({ t4: 3, h100: 0 })]
    ]);
    expect(offerOf([near, far], both, '')).toEqual(seen({ big: 1, t4: 4, h100: 0 }));
  });

  test('How many GPUs one node has is known of the type that is asked for, and else of all; several nodes are not one.', () => {
    const found = (t4: number | null, gpus: number | null): Accelerators => ({
      types: [{ name: 't4', nodes: 3, most: t4 }],
      gpus,
      unnamed: []
    });
    const offer = offerOf([cluster('near', 't4')], new Map([['near', found(2, 8)]]), '');
    expect([mostFor('t4', offer), mostFor('', offer), mostFor('h100', offer)]).toEqual([2, 8, null]);
    const both = new Map([
      ['near', found(2, 8)],
      ['far', found(4, 4)]
    ]);
    const clusters = [cluster('near', 't4'), cluster('far', 't4')];
    const together = offerOf(clusters, both, '');
    expect([mostFor('t4', together), mostFor('', together)]).toEqual([4, 8]);
    const unsure = offerOf(clusters, new Map([['near', found(2, 8)]]), '');
    expect([mostFor('t4', unsure), mostFor('', unsure)]).toEqual([null, null]);
  });

  test('As many are offered as one node has, and more than that is doubted.', () => {
    expect([0, 1, 3, 8].map(countsUpTo)).toEqual([[], [1], [1, 2, 3], [1, 2, 4, 8]]);
    expect(['', '2', '3'].map(wanted => noteOfCount(wanted, 2, trans))).toEqual([
      null,
      null,
      'No node has more than 2 now.'
    ]);
    expect([noteOfCount('1', 0, trans), noteOfCount('99', null, trans)]).toEqual([
      'No node has one now.',
      null
    ]);
  });
});
