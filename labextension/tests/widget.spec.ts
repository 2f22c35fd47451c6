/** A run in a notebook's output, as a widget library shows it. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pending, type TaskStatus } from '../src/model/run_state';
import widget from '../src/widget/run';
import { Model } from './widget_model';

const GRAPH = {
  nodes: [{ name: 'load' }, { name: 'train' }],
  edges: [{ source: 'load', target: 'train', names: ['x'] }]
};
const pendingTask = (name: string): TaskStatus => pending([name]).tasks.get(name)!;
const STATUS = {
  name: 'churn',
  run_id: '20260101-a',
  state: 'RUNNING',
  why: null,
  tasks: [
    { ...pendingTask('load'), state: 'SUCCEEDED', started: 1, finished: 2 },
    { ...pendingTask('train'), state: 'RUNNING', started: 2 }
  ],
  metrics: { load: { rows: 12, share: 0.123456 } }
};
let el: HTMLElement;
let model: Model;
let end: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  el = document.createElement('div');
  document.body.append(el);
  model = new Model({ graph: GRAPH, status: STATUS, seen: false });
  end = widget.render({ model, el } as unknown as Parameters<typeof widget.render>[0]);
});

afterEach(() => {
  end();
  el.remove();
  vi.useRealTimers();
});

function choose(name: string): void {
  const nodes = [...el.querySelectorAll<SVGGElement>('.kfnb-graph-node')];
  nodes.find(node => node.dataset.node === name)!.dispatchEvent(new MouseEvent('click', { bubbles: true }));
}

const logText = () => el.querySelector('.kfnb-live-log')!.textContent;

test('the widget shows run, graph and states, and tells the kernel that it is seen', () => {
  expect(el.querySelector('.kfnb-live-head')!.textContent).toBe('churn · run 20260101-a ▶ running');
  expect(el.querySelectorAll('.kfnb-graph-node').length).toBe(2);
  expect(model.get('seen')).toBe(true);
  expect(model.save_changes).toHaveBeenCalledTimes(1);
});

test('a new status is shown at once', () => {
  model.set('status', { ...STATUS, state: 'FAILED', why: 'train failed' });
  expect(el.querySelector('.kfnb-live-state')!.textContent).toBe('✖ failed');
  expect(el.querySelector('.kfnb-live-why')!.textContent).toBe('train failed');
});

test('a clicked task shows its metrics, and its log once the kernel answers', () => {
  choose('load');
  expect(model.sent).toEqual([
    { kind: 'log', task: 'load' },
    { kind: 'results', task: 'load' }
  ]);
  expect(el.querySelector('.kfnb-live-details p')!.textContent).toBe('rows = 12 · share = 0.1235');
  model.fire('msg:custom', { kind: 'log', task: 'load', text: '<b>read</b>\n', cut: false });
  expect(logText()).toBe('<b>read</b>\n');
  model.fire('msg:custom', { kind: 'log', task: 'load', text: '\u001b[31m9 %\r99 %\u001b[0m\n', cut: false });
  expect(logText()).toBe('99 %\n');
});

test('the log of a running task is asked for again, one question at a time; that of another task is left out', () => {
  choose('train');
  vi.advanceTimersByTime(5000);
  expect(model.sent.length).toBe(2);
  model.fire('msg:custom', { kind: 'log', task: 'train', text: 'epoch 1', cut: true });
  expect(logText()).toBe('[the beginning is left out]\nepoch 1');
  vi.advanceTimersByTime(1000);
  expect(model.sent.length).toBe(4);
  model.fire('msg:custom', { kind: 'log', task: 'load', text: 'other', cut: false });
  expect(logText()).toContain('epoch 1');
});

test('the log of a task that was clicked before it ran is asked for when it begins, and once more when it has ended', () => {
  const status = (state: string): object => ({
    ...STATUS,
    tasks: [STATUS.tasks[0], { ...pendingTask('train'), state }]
  });
  model.set('status', status('PENDING'));
  choose('train');
  model.fire('msg:custom', { kind: 'log', task: 'train', text: '', cut: false });
  vi.advanceTimersByTime(5000);
  const asked = (): number => (model.sent as { kind: string }[]).filter(({ kind }) => kind === 'log').length;
  expect(asked()).toBe(1);
  model.set('status', status('RUNNING'));
  expect(asked()).toBe(2);
  model.set('status', status('SUCCEEDED'));
  expect(asked()).toBe(3);
});

test('a clicked task shows its curves, matrices and tables, and asks for them again when it has ended', () => {
  choose('train');
  const roc = {
    confidenceMetrics: [
      { falsePositiveRate: 0, recall: 0 },
      { falsePositiveRate: 1, recall: 1 }
    ]
  };
  const results = {
    kind: 'results',
    task: 'train',
    artifacts: [
      { name: 'roc', type: 'ClassificationMetrics', preview: roc },
      { name: 'rows', type: 'Dataset', preview: { head: [[1, '<b>']], shape: [1, 2] } }
    ],
    series: { loss: { steps: [0, 1], values: [2, 'NaN'] }, once: { steps: [0], values: [1] } }
  };
  model.fire('msg:custom', results);
  const shown = el.querySelector('.kfnb-live-results')!;
  expect([...shown.querySelectorAll('figcaption')].map(({ textContent }) => textContent)).toEqual(['loss']);
  expect(shown.querySelector('[data-artifact=roc] svg')).not.toBeNull();
  expect(shown.querySelector('[data-artifact=rows] td:last-child')!.textContent).toBe('<b>');
  const [before] = shown.children;
  model.fire('msg:custom', results);
  expect(shown.children[0]).toBe(before);
  model.fire('msg:custom', { ...results, task: 'load', artifacts: [] });
  expect(shown.querySelectorAll('[data-artifact]').length).toBe(2);
  const ended = STATUS.tasks.map(task => ({ ...task, state: 'SUCCEEDED', finished: 3 }));
  model.set('status', { ...STATUS, tasks: ended });
  expect(model.sent[model.sent.length - 1]).toEqual({ kind: 'results', task: 'train' });
  choose('load');
  expect(shown.childElementCount).toBe(0);
});

test('nothing is heard any more after the end', () => {
  end();
  expect(model.listeners).toBe(0);
  expect(el.childElementCount).toBe(0);
});

test('keys on a node are no commands of the notebook', () => {
  const node = el.querySelector<SVGGElement>('.kfnb-graph-node[tabindex="0"]')!;
  node.focus();
  expect(node.hasAttribute('data-lm-suppress-shortcuts')).toBe(true);
  node.blur();
  expect(node.hasAttribute('data-lm-suppress-shortcuts')).toBe(false);
});
