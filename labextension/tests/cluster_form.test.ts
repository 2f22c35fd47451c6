import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

import {
  CLUSTER_FIELDS,
  clusterNameProblem,
  clusterProblem,
  settingsOf,
  textsOf
} from '../src/model/cluster_form';

/** What kfnb/profiles thinks of it: pytest checks the same file. */
const SAID = JSON.parse(readFileSync(resolve('../tests/cases/clusters.json'), 'utf-8'));
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

describe('what the file of profiles may say', () => {
  test('Every field of the form is a setting of it.', () => {
    const examples = Object.fromEntries(CLUSTER_FIELDS.map(({ key, example }) => [key, example]));
    expect(settingsOf({ ...examples, root: SAID.settings.root }, {})).toEqual(SAID.settings);
    expect(CLUSTER_FIELDS.map(each => clusterProblem(each, each.example))).toEqual(
      CLUSTER_FIELDS.map(() => null)
    );
  });

  test.each(['root', 'root_claim'])('%s has the forms that it may have.', key => {
    const passes = (text: string): boolean => clusterProblem(field(key), text) === null;
    expect(SAID[key].right.filter((text: string) => !passes(text))).toEqual([]);
    expect(SAID[key].wrong.filter(passes)).toEqual([]);
  });

  test('A cluster has the names that it may have.', () => {
    const passes = (name: string): boolean => clusterNameProblem(name, []) === null;
    expect(SAID.names.right.filter((name: string) => !passes(name))).toEqual([]);
    expect(SAID.names.wrong.filter(passes)).toEqual([]);
  });
});
