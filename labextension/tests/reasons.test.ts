/** Why something cannot be done to the run that is shown. */

import { describe, expect, test } from 'vitest';
import type { TranslationBundle } from '@jupyterlab/translation';

import { pending, type State } from '../src/model/run_state';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import {
  mendable,
  whyNoApplying,
  whyNoCancel,
  whyNoClosing,
  whyNoHome,
  whyNoMending,
  whyNoTask,
  whyNoWayBack
} from '../src/run/reasons';
import type { RunSession } from '../src/run/session';

const trans = { __: (text: string) => text } as unknown as TranslationBundle;

function run(state: State, more: object = {}): RunSession {
  const hasEnded = ['SUCCEEDED', 'FAILED'].includes(state);
  return { status: { ...pending(['a']), state }, hasEnded, log: null, ...more } as RunSession;
}

const notebook = (session: RunSession | null, isReadOnly = false, home: object | null = null): OpenNotebook =>
  ({ session, isReadOnly, home }) as unknown as OpenNotebook;

describe('the run that is shown', () => {
  test('None is shown: nothing can be done, and that is said.', () => {
    const none = notebook(null);
    const why = [whyNoCancel(null, trans), whyNoHome(none, trans), whyNoTask(null, trans)];
    expect(why).toEqual(Array(3).fill('No run of this notebook is shown.'));
    expect(whyNoWayBack(none, trans)).toMatch('No outputs');
  });

  test.each<[State, string | null]>([
    ['RUNNING', null],
    ['CANCELING', 'The run is being canceled already.'],
    ['SUCCEEDED', 'The run has ended.']
  ])('One that is %s can be canceled, or it is said why not.', (state, why) => {
    expect(whyNoCancel(run(state), trans)).toBe(why);
  });

  test('Outputs come home once it has ended or was interrupted, into a notebook that can be written, and can be taken back then.', () => {
    expect(whyNoHome(notebook(run('RUNNING')), trans)).toBe('The run is going on.');
    expect(whyNoHome(notebook(run('FAILED'), true), trans)).toBe('This notebook can only be read.');
    expect(whyNoHome(notebook(run('FAILED')), trans)).toBe(null);
    expect(whyNoHome(notebook(run('RUNNING', { isInterrupted: true })), trans)).toBe(null);
  });

  test('Outputs can be taken back whichever run is shown, while there are any in a notebook that can be written.', () => {
    const home = { places: new Map([['a', {}]]) };
    expect(whyNoWayBack(notebook(null, false, home), trans)).toBe(null);
    expect(whyNoWayBack(notebook(null, true, home), trans)).toBe('This notebook can only be read.');
    expect(whyNoWayBack(notebook(run('FAILED'), false, { places: new Map() }), trans)).toMatch('No outputs');
  });

  test('A note is closed once outputs were taken back and others were left alone.', () => {
    const taken = { places: new Map(), other: ['a'] };
    expect(whyNoClosing(notebook(null, false, taken), trans)).toBe(null);
    for (const home of [null, { places: new Map([['a', {}]]), other: [] }]) {
      expect(whyNoClosing(notebook(null, false, home), trans)).toMatch('taken back');
    }
  });

  test('A task can be looked at when it was clicked and has started.', () => {
    expect(whyNoTask(run('RUNNING'), trans)).toBe('Click a step of the run first.');
    const log = { task: 'a', source: 'a', text: '' };
    expect(whyNoTask(run('RUNNING', { log }), trans)).toMatch('has not started');
    const { status } = run('RUNNING');
    const tasks = new Map([['a', { ...status.tasks.get('a')!, attempt: 1 }]]);
    expect(whyNoTask(run('RUNNING', { log, status: { ...status, tasks } }), trans)).toBe(null);
  });
});

describe('the notebook', () => {
  const suggested = (found: object | null, isReadOnly = false): OpenNotebook =>
    ({ suggesting: { found }, isReadOnly }) as unknown as OpenNotebook;

  test('Suggested tags are written once there are any.', () => {
    expect(whyNoApplying(suggested(null), trans)).toMatch('No steps are suggested');
    expect(whyNoApplying(suggested({ tags: [] }), trans)).toBe('Nothing is to be changed.');
    expect(whyNoApplying(suggested({ tags: [{}] }, true), trans)).toBe('This notebook can only be read.');
    expect(whyNoApplying(suggested({ tags: [{}] }), trans)).toBe(null);
  });

  test('The first finding whose fix is certain is mended, where there is one.', () => {
    const found = (diagnostics: object[] | null): OpenNotebook =>
      ({ analysis: diagnostics && { diagnostics }, isReadOnly: false }) as unknown as OpenNotebook;
    const fix = { cell_id: 'a', add_tags: ['step:a'], remove_tags: ['stpe:a'] };
    const analysed = found([{ apply: null }, { apply: fix }]);
    expect(mendable(analysed)).toEqual({ apply: fix });
    expect(whyNoMending(analysed, trans)).toBe(null);
    expect(whyNoMending(found([{ apply: null }]), trans)).toMatch('No finding');
    expect(whyNoMending(found(null), trans)).toMatch('No finding');
  });
});
