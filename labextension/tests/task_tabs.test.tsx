/** The log of a task that is looked at: followed to its end until a person scrolls away, and each task's by itself. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import { appended, NO_LOG } from '../src/model/log_pieces';
import { ENGLISH } from '../src/model/words';
import { TaskTabs } from '../src/panel/task_tabs';
import type { RunSession } from '../src/run/session';

const END = 1000;
const api = { address: (path: string) => path } as unknown as Api;
const trans = ENGLISH as unknown as TranslationBundle;
let root: ReturnType<typeof createRoot>;

beforeEach(() => {
  vi.spyOn(Element.prototype, 'scrollHeight', 'get').mockReturnValue(END);
  root = createRoot(document.body.appendChild(document.createElement('div')));
});

afterEach(() => {
  root.unmount();
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

/** Show the tabs of a task that has printed `text` from the byte `start` on; the pane of its log is returned. */
function show(task: string, text: string, start = 0): HTMLElement {
  const log = { source: task, text: appended({ ...NO_LOG, start }, text) };
  const session = { id: '1', log, tab: 'log', document: { cluster: null } } as unknown as RunSession;
  flushSync(() => root.render(<TaskTabs {...{ session, api, task, trans }} />));
  return document.querySelector('pre')!;
}

const filter = (): HTMLInputElement => document.querySelector('input[type=search]')!;

/** Write what lines are to have. */
function want(text: string): void {
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!;
  set!.call(filter(), text);
  flushSync(() => filter().dispatchEvent(new Event('input', { bubbles: true })));
}

const found = (): string => document.querySelector('[role=status]')!.textContent!;

test('A log is followed until a person scrolls up, and again from its end on.', () => {
  const pane = show('fit', 'one\n');
  expect(pane.scrollTop).toBe(END);
  const scrollTo = (place: number): void => {
    pane.scrollTop = place;
    flushSync(() => pane.dispatchEvent(new Event('scroll', { bubbles: true })));
  };
  scrollTo(200);
  show('fit', 'one\ntwo\n');
  expect(pane.scrollTop).toBe(200);
  scrollTo(END - 5);
  show('fit', 'one\ntwo\nthree\n');
  expect(pane.scrollTop).toBe(END);
});

test('The log of another task is followed and shown whole, whatever was done with that of the first.', () => {
  const pane = show('fit', 'one\ntwo\n');
  pane.scrollTop = 200;
  flushSync(() => pane.dispatchEvent(new Event('scroll', { bubbles: true })));
  want('two');
  expect(pane.textContent).toBe('two\n');
  const other = show('score', 'three\n');
  expect([other.textContent, filter().value, other.scrollTop]).toEqual(['three\n', '', END]);
});

test('It is said how many lines have the wanted text, also of a log that grows.', () => {
  const lines = `One\n${'more\n'.repeat(20_000)}one more\n`; // in several pieces
  const pane = show('fit', lines);
  expect(found()).toBe('');
  want('one');
  expect([pane.textContent, found()]).toEqual(['One\none more\n', '2 lines found.']);
  show('fit', `${lines}the last one\n`);
  expect([pane.textContent, found()]).toEqual(['One\none more\nthe last one\n', '3 lines found.']);
  want('last');
  expect([pane.textContent, found()]).toEqual(['the last one\n', '1 line found.']);
  want('');
  expect([pane.textContent, found()]).toEqual([`${lines}the last one\n`, '']);
});

test('Of a log of which the end is shown it is said that no more was searched, and how to have more.', () => {
  const pane = show('fit', 'two\n', 4);
  want('one');
  const text = '0 lines found. Only the part that is shown was searched; “Earlier …” brings more.';
  expect([pane.textContent, found()]).toEqual(['', text]);
});
