import { beforeEach, describe, expect, test } from 'vitest';

import { badgesOf, nodeBadges } from '../src/model/badges';
import type { Parameter, ParameterType, Step } from '../src/model/documents';
import { EMPTY_FORM, keepForm, lastForm } from '../src/model/filled_form';
import { filledIn, problemOf, readValue, shownValue } from '../src/model/parameters';
import { plainText } from '../src/model/terminal_text';

const parameter = (type: ParameterType): Parameter => ({
  name: 'p',
  type,
  default: null,
  written: 'null'
});

describe('parameters', () => {
  test.each<[ParameterType, string, string]>([
    ['int', ' 1_000 ', '1000'],
    ['int', '-3', '-3'],
    ['int', '+007', '7'],
    ['int', '9007199254740993', '9007199254740993'],
    ['float', '1e-3', '0.001'],
    ['float', '1.0', '1.0'],
    ['float', '2', '2.0'],
    ['float', '-.5', '-0.5'],
    ['float', '1_0.', '10.0'],
    ['float', '-0', '-0.0'],
    ['float', '1e300', '1e+300'],
    ['list', ' [1.0, "a", 9007199254740993] ', '[1.0, "a", 9007199254740993]'],
    ['str', ' two words ', '" two words "'],
    ['str', '', '""'],
    ['bool', 'true', 'true'],
    ['bool', 'false', 'false'],
    ['dict', '{"rate": 2.0}', '{"rate": 2.0}'],
    ['any', 'null', 'null'],
    ['any', '1.0', '1.0'],
    ['any', '"1"', '"1"'],
    ['any', 'words', '"words"']
  ])('For a parameter of type %s, %s is read as %s.', (type, text, json) => {
    expect(readValue(parameter(type), text)).toEqual({ json });
  });

  test.each<[ParameterType, string]>([
    ['int', '1.5'],
    ['int', ''],
    ['int', '1__0'],
    ['float', 'much'],
    ['float', '0x10'],
    ['float', '1e999'],
    ['float', '.'],
    ['float', ''],
    ['bool', '3'],
    ['list', '{"a": 1}'],
    ['list', '[1'],
    ['dict', '[]']
  ])('For a parameter of type %s, it is said what is wrong with "%s".', (type, text) => {
    expect(readValue(parameter(type), text)).toHaveProperty('problem');
  });

  test.each<[ParameterType, string, string]>([
    ['str', '"a \\"word\\""', 'a "word"'],
    ['int', '3', '3'],
    ['float', '3.0', '3.0'],
    ['list', '[1.0, 2]', '[1.0, 2]'],
    ['any', 'null', 'null'],
    ['any', '"words"', 'words'],
    ['any', '"1"', '"1"'],
    ['any', '"true"', '"true"'],
    ['any', '" words"', '" words"'],
    ['int', String(2n ** 60n), '1152921504606846976']
  ])('A value of type %s, %s, is shown as it would be written.', (type, json, text) => {
    expect(shownValue(parameter(type), json)).toBe(text);
    expect(readValue(parameter(type), text)).toEqual({ json });
  });

  test('What was filled in for a parameter that had another type is nothing to a box.', () => {
    expect(filledIn(parameter('bool'), { p: 'false' })).toBe('false');
    expect(filledIn(parameter('bool'), { p: '3' })).toBe(undefined);
    expect(filledIn(parameter('int'), { p: 'false' })).toBe('false');
  });
});

test('What the notebook has already is not read.', () => {
  const infinite: Parameter = { ...parameter('float'), written: 'Infinity' };
  expect(problemOf(infinite, 'Infinity')).toBe(null);
  expect(problemOf(parameter('float'), 'Infinity')).toContain('must be a number');
});

describe('what was filled in', () => {
  beforeEach(() => window.localStorage.clear());

  test('It is there again for the same notebook of the same server, but for what is about one run.', () => {
    const lasting = { ...EMPTY_FORM, parameters: { word: 'x' }, experiment: 'Words', allowCpu: true };
    const once = { name: 'first', force: true, part: 'only' as const, step: 'read' };
    keepForm('/user/ann/', 'a.ipynb', { ...lasting, ...once });
    expect(lastForm('/user/ann/', 'a.ipynb')).toEqual(lasting);
    expect(lastForm('/user/ann/', 'b.ipynb')).toEqual(EMPTY_FORM);
    expect(lastForm('/user/bob/', 'a.ipynb')).toEqual(EMPTY_FORM);
  });

  test('What cannot be read is as nothing.', () => {
    window.localStorage.setItem('kfnb:form:/:a.ipynb', '{');
    expect(lastForm('/', 'a.ipynb')).toEqual(EMPTY_FORM);
  });
});

test('Badges say what is special about a step.', () => {
  const step: Step = {
    name: 'train',
    cells: [],
    setup_cells: [],
    inputs: [],
    outputs: [],
    after: [],
    when: 'accuracy > 0.9',
    settings: {
      limits: { 'nvidia.com/gpu': '1', memory: '4Gi' },
      requests: { cpu: '500m' },
      image: 'example.com/team/torch:2.4',
      foreach: 0,
      retries: 2,
      cache: 'off',
      on_exit: true,
      timeout: 600,
      queue: 'gpus',
      priority: 'high',
      shared_memory: '1Gi',
      packages: ['torch'],
      secrets: [['lent', 'token', 'TOKEN']],
      secret_files: [['lent', '/lent']],
      config_maps: [['settings', 'mode', 'MODE']],
      config_map_files: [['settings', '/etc/settings']],
      volumes: [['data', '/data', true]],
      env: { A: '1', B: '2' },
      node_selector: { disk: 'ssd' },
      tolerations: [{ key: 'gpu' }],
      affinity: { podAntiAffinity: {} },
      pod_patches: [{ spec: {} }]
    },
    explicit: true,
    color_index: 0
  };
  expect(badgesOf(step)).toEqual([
    'GPU 1',
    'memory 4Gi',
    'cpu ≥ 500m',
    'torch:2.4',
    'fan-out',
    'when accuracy > 0.9',
    'retry 2',
    'time-out 10m',
    'no cache',
    'queue gpus',
    'priority high',
    'shm 1Gi',
    '1 package',
    '2 secrets',
    '2 config maps',
    '1 volume',
    '2 variables',
    '1 node label',
    '1 toleration',
    'affinity',
    'pod patch',
    'at the end'
  ]);
  expect(nodeBadges(step)).toEqual(['GPU 1', 'memory 4Gi', 'cpu ≥ 500m', '+19']);
  const rare = { timeout: 90, cache: '30d' };
  expect(badgesOf({ ...step, when: null, settings: rare })).toEqual(['time-out 90s', 'cache 30d']);
  expect(badgesOf({ ...step, when: null, settings: {} })).toEqual([]);
});

test.each([
  ['\u001b[31mred\u001b[0m', 'red'],
  ['10 %\r50 %\r100 %\ndone', '100 %\ndone'],
  ['windows\r\nlines\r\n', 'windows\nlines\n'],
  ['\u001b]0;title\u0007text', 'text']
])('What is printed for a terminal as %j is read as %j.', (printed, text) => {
  expect(plainText(printed)).toBe(text);
});
