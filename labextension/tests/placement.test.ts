import { describe, expect, test } from 'vitest';

import { FIELDS } from '../src/model/fields';
import { placementOf, speaksOf, withFollowed, withPlacement } from '../src/model/placement';
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

  test('It follows a step that gets another name, and back when that is undone, over several names too.', () => {
    expect([speaksOf(about, 'train'), speaksOf(about, 'fit')]).toEqual([true, false]);
    const renames = [
      ['train', 'fit'],
      ['fit', 'learn']
    ] as const;
    const fit = withFollowed(about, new Set(['fit']), renames);
    expect(fit).toEqual({ ...about, steps: { fit: about.steps.train } });
    const learn = withFollowed(fit, new Set(['learn']), renames);
    expect(withFollowed(learn, new Set(['train']), renames)).toEqual(about);
  });

  test('It stays where it is while the step is there, is gone, or its heir has something of its own.', () => {
    const renames = [['train', 'fit']] as const;
    const both = withPlacement(about, 'fit', 'affinity', spread);
    for (const [kept, steps] of [
      [about, ['train', 'fit']],
      [about, []],
      [both, ['fit']]
    ] as const) {
      expect(withFollowed(kept, new Set(steps), renames)).toBe(kept);
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
