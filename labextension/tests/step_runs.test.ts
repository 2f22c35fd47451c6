import { describe, expect, test } from 'vitest';

import { EMPTY_FORM, type FilledForm } from '../src/model/filled_form';
import { pending, type State } from '../src/model/run_state';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import type { RunSession } from '../src/run/session';
import { formOf, stepOf, whyNoPart, whyNoResume, whyNoRetry } from '../src/run/step_runs';
import type { TranslationBundle } from '@jupyterlab/translation';

const trans = {
  __: (text: string, ...values: unknown[]) => text.replace(/%(\d)/g, (_, place) => String(values[place - 1]))
} as unknown as TranslationBundle;
const parameter = { name: 'word', type: 'str', default: 'notebook', written: '"notebook"' } as const;
const analysis = { valid: true, parameters: [parameter] };
const notebook = {
  analysis,
  draft: {
    form: { ...EMPTY_FORM, name: 'next', experiment: 'Other', cluster: 'far', force: true, allowCpu: true },
    isStarting: false
  },
  seen: (name: string) => (name === 'train' ? {} : null)
} as unknown as OpenNotebook;

const session = (state: State, task: State): RunSession => {
  const status = pending(['train']);
  const why = task === 'SKIPPED' ? "it needs 'read', which failed" : null;
  return {
    status: {
      ...status,
      state,
      tasks: new Map([['train', { ...status.tasks.get('train'), state: task, why }]])
    },
    hasEnded: state !== 'RUNNING',
    isInterrupted: false,
    document: {
      name: 'first',
      experiment: 'Words',
      cluster: null,
      options: { allow_cpu: false },
      written: { word: '"axes"', gone: '1' }
    }
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

  test('Beside a run its name and experiment count too, and whether steps may do without a GPU.', () => {
    const run = session('FAILED', 'FAILED');
    const asked = (form: FilledForm): unknown[] => [form.name, form.experiment, form.allowCpu];
    expect(asked(formOf(notebook, 'only', 'train', run))).toEqual(['first', 'Words', false]);
    const document = { ...run.document, options: { allow_cpu: true } };
    const lenient = { ...run, document } as unknown as RunSession;
    expect(asked(formOf(notebook, 'only', 'train', lenient))).toEqual(['first', 'Words', true]);
    expect(asked(formOf(notebook, 'only', 'train', null))).toEqual(['next', 'Other', true]);
  });

  test('Why there can be none is said: no step is chosen, or the notebook has it no more.', () => {
    expect(whyNoPart(notebook, 'only', 'train', null, trans)).toBe(null);
    expect(whyNoPart(notebook, 'only', '', null, trans)).toMatch('Select a cell of a step');
    expect(whyNoPart(notebook, 'only', 'test', null, trans)).toMatch('no step test any more');
  });

  test.each<[State, RegExp | null]>([
    ['FAILED', null],
    ['CANCELED', null],
    ['RUNNING', /going on/],
    ['SUCCEEDED', /has succeeded/]
  ])('A run that is %s is taken up again unless there is a reason.', (run, why) => {
    expect(whyNoResume(session(run, 'FAILED'), trans)).toEqual(why && expect.stringMatching(why));
    expect(whyNoResume(null, trans)).toMatch('No run');
  });

  test.each<[State, State, RegExp | null]>([
    ['FAILED', 'FAILED', null],
    ['CANCELED', 'PENDING', null],
    ['FAILED', 'SUCCEEDED', /need not run again/],
    ['FAILED', 'SKIPPED', /skipped: it needs 'read', which failed/],
    ['RUNNING', 'FAILED', /going on/],
    ['SUCCEEDED', 'SUCCEEDED', /has succeeded/]
  ])('Of a run that is %s a task that is %s is retried unless there is a reason.', (run, task, why) => {
    expect(whyNoRetry(session(run, task), 'train', trans)).toEqual(why && expect.stringMatching(why));
  });

  test('Of a fan-out whose items could not be made that task is retried, though the step was skipped.', () => {
    const failed = session('FAILED', 'SKIPPED');
    const own = failed.status.tasks.get('train')!;
    const head = { ...own, name: 'train[items]', state: 'FAILED' } as const;
    const status = { ...failed.status, tasks: new Map([...failed.status.tasks, [head.name, head]]) };
    expect(whyNoRetry({ ...failed, hasEnded: true, status } as unknown as RunSession, 'train', trans)).toBe(
      null
    );
  });

  test('No task is retried that the run does not have, or of a run that must be resumed first.', () => {
    expect(whyNoRetry(session('FAILED', 'FAILED'), 'test', trans)).toMatch('Select a step');
    const interrupted = { ...session('RUNNING', 'FAILED'), isInterrupted: true } as RunSession;
    expect(whyNoRetry(interrupted, 'train', trans)).toMatch('resume all of it');
  });
});
