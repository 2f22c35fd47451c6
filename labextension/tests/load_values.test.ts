import type { TranslationBundle } from '@jupyterlab/translation';
import { describe, expect, test } from 'vitest';

import { trans } from '../src/model/words';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { artifactOf, inputsOf, loading, loadIntoKernel, type LoadParts } from '../src/run/load_values';
import { RunSession } from '../src/run/session';
import { serverWithRun } from './stream';

describe('what a kernel is asked to load', () => {
  test('A task’s inputs are those of the run and the task, whatever they are called.', () => {
    expect(inputsOf('20261128-1', 'train[3]')).toBe('kfnb.get("20261128-1").task("train[3]").inputs()');
    expect(inputsOf('1', 'a"b')).toBe('kfnb.get("1").task("a\\"b").inputs()');
  });

  test('An artifact is that of its task, under its own name.', () => {
    expect(artifactOf('1', 'read', 'größe')).toBe(
      '{"größe": kfnb.get("1").task("read").artifacts["größe"].load()}'
    );
  });

  test('It is one expression, which leaves no name but theirs.', () => {
    expect(loading('kfnb.x')).toBe(
      '(lambda kfnb: (lambda found: globals().update(found) or ", ".join(sorted(found)))(kfnb.x))(__import__("kfnb"))'
    );
  });
});

/** A notebook with a kernel of Python 3.12 that loads what it is asked to, beside a run. */
function partsWith(session: RunSession): LoadParts {
  const info = Promise.resolve({ language_info: { name: 'python', version: '3.12.4' } });
  const loaded = { status: 'ok', data: { 'text/plain': "'x, y'" } };
  const done = Promise.resolve({ content: { status: 'ok', user_expressions: { loaded } } });
  const kernel = { status: 'idle', info, requestExecute: () => ({ done }) };
  const notebook = { panel: { sessionContext: { session: { kernel } } } } as unknown as OpenNotebook;
  return { notebook, session, trans: trans as TranslationBundle };
}

describe('the Python of the kernel and that of a task which runs', () => {
  test('A task that never started is left to the kernel, which says so.', async () => {
    const session = await RunSession.open(serverWithRun().api, '1');
    expect(await loadIntoKernel(partsWith(session), 'a', inputsOf('1', 'a'))).toBe('x, y');
    session.dispose();
  });

  test.each([
    [null, 'Which Python the task has is known when its first cell begins'],
    ['3.11.9', 'The kernel has Python 3.12, the task had Python 3.11'],
    ['3.12.0', 'x, y']
  ])('%s', async (python, says) => {
    const server = serverWithRun();
    const session = await RunSession.open(server.api, '1');
    server.streams[0]!.tell({ kind: 'task-state', task: 'a', state: 'RUNNING', attempt: 1 });
    if (python !== null) {
      server.streams[0]!.tell({ kind: 'task-progress', task: 'a', data: { done: 0, cells: 1, python } });
    }
    const answer = loadIntoKernel(partsWith(session), 'a', inputsOf('1', 'a')).catch(
      (error: Error) => error.message
    );
    expect(await answer).toContain(says);
    session.dispose();
  });
});
