import { describe, expect, test } from 'vitest';

import { EMPTY_FORM } from '../src/model/filled_form';
import { pending, type State } from '../src/model/run_state';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import type { RunSession } from '../src/run/session';
import { formOf, stepOf, whyNoPart, whyNoResume } from '../src/run/step_runs';
import type { TranslationBundle } from '@jupyterlab/translation';

const trans = {
  __: (text: string, ...values: unknown[]) => text.replace(/%(\d)/g, (_, place) => String(values[place - 1]))
} as unknown as TranslationBundle;
const parameter = { name: 'word', type: 'str', default: 'notebook' } as const;
const analysis = { valid: true, parameters: [parameter] };
const notebook = {
  analysis,
  draft: { form: { ...EMPTY_FORM, cluster: 'far', force: true }, isStarting: false },
  seen: (name: string) => (name === 'train' ? {} : null)
} as unknown as OpenNotebook;

const session = (state: State, task: State): RunSession => {
  const status = pending(['train']);
  return {
    status: { ...status, state, tasks: new Map([['train', { ...status.tasks.get('train'), state: task }]]) },
    hasEnded: state !== 'RUNNING',
    isInterrupted: false,
    document: { cluster: null, parameters: { word: 'axes', gone: 1 } }
  } as unknown as RunSession;
};

describe('runs that are about one step', () => {
  test.each([
    ['train', 'train'],
    ['train[3]', 'train'],
    ['train[items]', 'train']
  ])('Task %s is a part of step %s.', (task, step) => {
    expect(stepOf(task)).toBe(step);
  });

  test('Beside a run its parameters and its place count, else those of the form; no step is forced anew.', () => {
    const beside = formOf(notebook, 'only', 'train[3]', session('FAILED', 'FAILED'));
    expect([beside.part, beside.step, beside.cluster, beside.parameters, beside.force]).toEqual([
      'only',
      'train',
      '',
      { word: 'axes' },
      false
    ]);
    expect(formOf(notebook, 'until', 'train', null).cluster).toBe('far');
  });

  test('Why there can be none is said: no step is chosen, or the notebook has it no more.', () => {
    expect(whyNoPart(notebook, 'only', 'train', null, trans)).toBe(null);
    expect(whyNoPart(notebook, 'only', '', null, trans)).toMatch('Select a cell of a step');
    expect(whyNoPart(notebook, 'only', 'test', null, trans)).toMatch('no step test any more');
  });

  test.each<[State, State, RegExp | null]>([
    ['FAILED', 'FAILED', null],
    ['CANCELED', 'PENDING', null],
    ['FAILED', 'SUCCEEDED', /need not run again/],
    ['RUNNING', 'FAILED', /going on/],
    ['SUCCEEDED', 'SUCCEEDED', /has succeeded/]
  ])('A run that is %s, with a task %s, is taken up again unless there is a reason.', (run, task, why) => {
    const said = whyNoResume(session(run, task), trans, 'train');
    expect([said === null, why?.test(said ?? '') ?? true]).toEqual([why === null, true]);
  });
});
