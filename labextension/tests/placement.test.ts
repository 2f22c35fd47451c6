import { describe, expect, test } from 'vitest';

import { FIELDS } from '../src/model/fields';
import { placementOf, withPlacement, withRenamed } from '../src/model/placement';
import { valuesOf, withValues } from '../src/model/tags';

const spread = { podAntiAffinity: {} };
const about = {
  pod_patch: { spec: {} },
  run: 'r',
  steps: { train: { affinity: { nodeAffinity: { a: 1 } } } }
};

describe('what fits no tag', () => {
  test('Each step has its own; what is wrong in the metadata counts as nothing.', () => {
    expect(placementOf(about, 'train', 'affinity')).toEqual({ nodeAffinity: { a: 1 } });
    expect(placementOf(about, 'train', 'pod_patch')).toBe(null);
    for (const wrong of [null, 'x', [], { steps: [] }, { steps: { train: 3 } }]) {
      expect(placementOf(wrong, 'train', 'affinity')).toBe(null);
    }
  });

  test('What is written stands beside all that was there, and what is left empty by it goes.', () => {
    const patch = { spec: { dnsPolicy: 'Default' } };
    const more = withPlacement(about, 'test', 'pod_patch', patch);
    expect(more).toEqual({
      pod_patch: { spec: {} },
      run: 'r',
      steps: { ...about.steps, test: { pod_patch: patch } }
    });
    expect(withPlacement(more, 'test', 'pod_patch', null)).toEqual(about);
    expect(withPlacement({ steps: { a: { affinity: spread } } }, 'a', 'affinity', {})).toEqual({});
    expect(withPlacement(undefined, 'a', 'affinity', spread)).toEqual({ steps: { a: { affinity: spread } } });
  });

  test('It follows a step that gets another name, unless something is said of one with that name already.', () => {
    expect(withRenamed(about, 'train', 'fit')).toEqual({ ...about, steps: { fit: about.steps.train } });
    const both = withPlacement(about, 'fit', 'affinity', spread);
    for (const [kept, from] of [
      [about, 'score'],
      [both, 'train'],
      [undefined, 'train']
    ] as const) {
      expect(withRenamed(kept, from, 'fit')).toBe(kept);
    }
  });
});

test('Limits of other resources are those that no field of their own says.', () => {
  const limits = FIELDS.find(({ key }) => key === 'limits')!;
  const tags = ['limit:cpu:2', 'limit:amd.com/gpu:1', 'limit:nvidia.com/gpu:1'];
  expect(valuesOf(limits, tags)).toEqual(['amd.com/gpu:1']);
  expect(withValues(tags, limits, [])).toEqual(['limit:cpu:2', 'limit:nvidia.com/gpu:1']);
  expect(limits.problem!('amd.com/gpu')?.text).toMatch('RESOURCE:QUANTITY');
  expect(limits.problem!('amd.com/gpu:1')).toBe(null);
});
