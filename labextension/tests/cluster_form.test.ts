import { describe, expect, test } from 'vitest';

import {
  CLUSTER_FIELDS,
  clusterNameProblem,
  clusterProblem,
  settingsOf,
  textsOf
} from '../src/model/cluster_form';

const field = (key: string) => CLUSTER_FIELDS.find(each => each.key === key)!;

describe('the form of a cluster profile', () => {
  const settings = {
    namespace: 'ml',
    root: 's3://runs',
    image: 'x:1',
    limits: { cpu: '2', 'nvidia.com/gpu': '1' },
    max_parallel: 4,
    labels: { team: 'a' }
  };

  test('What is not touched stays as it is, settings without a field too.', () => {
    expect(settingsOf(textsOf(settings), settings)).toEqual(settings);
  });

  test('What is written becomes the setting, and an emptied field takes it away.', () => {
    const texts = { ...textsOf(settings), queue: ' gpus ', 'limits.cpu': '', max_parallel: '8' };
    expect(settingsOf(texts, settings)).toEqual({
      ...settings,
      queue: 'gpus',
      limits: { 'nvidia.com/gpu': '1' },
      max_parallel: 8
    });
  });

  test('A table without entries is taken away.', () => {
    expect(settingsOf({ 'limits.cpu': '' }, { limits: { cpu: '2' } })).toEqual({});
  });

  test.each([
    ['namespace', ''],
    ['root', 'mnt/runs'],
    ['root_claim', 'shared'],
    ['limits.memory', 'much'],
    ['max_parallel', '0']
  ])('For %s it is said what is wrong with "%s".', (key, text) => {
    expect(clusterProblem(field(key), text)).not.toBeNull();
  });

  test.each([
    ['namespace', 'ml'],
    ['root', 'gs://bucket/runs'],
    ['limits.memory', '4Gi'],
    ['max_parallel', '']
  ])('For %s nothing is wrong with "%s".', (key, text) => {
    expect(clusterProblem(field(key), text)).toBeNull();
  });

  test.each([
    ['gpu-1', null],
    ['kubernetes', 'This word means something else where runs are started.'],
    ['<b>', 'A name has letters, digits, - and _, 63 at most.'],
    ['far', 'There is a cluster of this name already.']
  ])('Of the name %s it is said: %s', (name, problem) => {
    expect(clusterNameProblem(name, ['far'])).toBe(problem);
  });
});
