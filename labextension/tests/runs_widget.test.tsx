/** A list of runs and runs side by side in a notebook's output, as a widget library shows them. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pending } from '../src/model/run_state';
import comparison from '../src/widget/comparison';
import { Kernel } from '../src/widget/kernel';
import runs from '../src/widget/runs';
import { Model } from './widget_model';

type Question = { kind: string; number: number } & Record<string, unknown>;

const row = (run_id: string, auc: number, state = 'SUCCEEDED'): object => ({
  ...{ run_id, name: `<b>${run_id}`, experiment: 'rates', state, why: null, interrupted: false },
  ...{
    created: null,
    started: null,
    finished: null,
    notebook: 'scores.ipynb',
    notebook_path: '/scores.ipynb'
  },
  ...{
    started_by: null,
    parameters: {},
    written: {},
    metrics: { score: { auc } },
    tags: ['good'],
    archived: false
  },
  ...{ versions: {}, root: '/runs' }
});
const page = (...found: object[]): object => ({ runs: found, next: null, messages: [] });
const value = (name: string, ...values: number[]): object => ({
  ...{ name, values, present: values.map(() => true), differs: true }
});
const COMPARED = {
  comparison: {
    runs: [
      { run_id: 'a', name: 'a', state: 'SUCCEEDED', interrupted: false, created: null },
      { run_id: 'b', name: 'b', state: 'RUNNING', interrupted: true, created: null }
    ],
    ...{
      parameters: [value('rate', 1, 1)],
      written: { rate: ['1', '1.0'] },
      versions: [],
      metrics: [value('score.auc', 0.25, 0.5)]
    },
    cells: [{ run_id: 'b', against: 'a', cell: 's', kind: 'changed', diff: '-x = 1\n+x = 2' }]
  },
  metrics: [{}, {}],
  series: ['a', 'b'].map(() => ({ score: { loss: { steps: [0, 1], values: [2, 1], logged: 2 } } }))
};

let el: HTMLElement;
let model: Model;
let end: () => void;

function show(widget: typeof runs | typeof comparison, traits: Record<string, unknown>): void {
  el = document.body.appendChild(document.createElement('div'));
  model = new Model(traits);
  end = widget.render({ model, el } as never);
}

const text = (selector: string): string[] =>
  [...el.querySelectorAll(selector)].map(found => found.textContent ?? '');
const names = (): string[] => text('tbody tr[data-run] td:nth-child(2) .kfnb-link');
const click = (selector: string): void => el.querySelector<HTMLElement>(selector)!.click();

/** Wait for what is true soon, on a busy machine later. */
const until = <T,>(condition: () => T): Promise<T> =>
  vi.waitUntil(condition, { timeout: 50_000 }) as Promise<T>;

/** The newest question of a kind, when it has been asked. */
async function asked(kind: string): Promise<Question> {
  return until(() => (model.sent as Question[]).filter(found => found.kind === kind).pop()!);
}

/** Answer the newest question of a kind, for the first time or again. */
async function answer(kind: string, said: object): Promise<void> {
  model.fire('msg:custom', { number: (await asked(kind)).number, ...said });
}

beforeEach(async () => {
  show(runs, { page: page(row('b', 0.5), row('a', 0.25)), experiments: ['rates'], note: 'Two of three.' });
  await until(() => names().length === 2);
});

afterEach(() => {
  end();
  expect(model.listeners).toBe(0);
  expect(el.children.length).toBe(0);
  el.remove();
});

test('the first page is there before the kernel has answered', async () => {
  expect(names()).toEqual(['<b>b', '<b>a']);
  expect(text('.kfnb-hint')).toEqual(['Two of three.']);
  expect(text('[aria-label=Experiment] option')).toEqual(['All experiments', 'rates']);
  expect(await asked('page')).toMatchObject({ question: { sort: ['-created'] } });
});

test('a list that has changed comes by itself, also before the kernel can hear of its page', async () => {
  model.fire('msg:custom', { number: 0, value: page(row('b', 0.75)) });
  await until(() => names().length === 1);
  await answer('page', { value: page(row('b', 0.5), row('a', 0.25)) });
  await until(() => names().length === 2);
  await answer('page', { trouble: 'The database is locked.' });
  await until(() => text('.kfnb-warning')[0] === 'The database is locked.');
  expect(names().length).toBe(2);
  await answer('page', { value: page(row('a', 0.25)) });
  await until(() => names().length === 1 && text('.kfnb-warning').length === 0);
  expect((model.sent as Question[]).map(({ kind }) => kind)).toEqual(['page']);
});

test('a list is brought up to date while its cell is scrolled away', async () => {
  await asked('page');
  el.remove();
  await answer('page', { value: page(row('b', 0.75)) });
  await until(() => names().length === 1);
});

test('what comes to a question that was left is not shown', async () => {
  const first = await asked('page');
  click("[data-sort='name']");
  await until(() =>
    (model.sent as Question[]).some(({ kind, number }) => kind === 'leave' && number === first.number)
  );
  await answer('page', { value: page(row('a', 0.25)) });
  await until(() => names().length === 1);
  model.fire('msg:custom', { number: first.number, value: page() });
  await answer('page', { value: page(row('a', 0.5), row('c', 1)) });
  await until(() => names().length === 2);
  expect(names()).toEqual(['<b>a', '<b>c']);
});

test('it is sorted and filtered by the kernel, and what that cannot do is said', async () => {
  model.sent.length = 0;
  click("[data-sort='metric.score.auc']");
  expect((await asked('page')).question).toEqual({
    ...{ archived: ['no'], limit: ['50'], sort: ['-metric.score.auc'] }
  });
  await answer('page', { value: page(row('a', 0.25)) });
  await until(() => names().length === 1);
  model.sent.length = 0;
  click('td .kfnb-tag');
  expect((await asked('page')).question).toMatchObject({ tag: ['good'] });
  await answer('page', { trouble: 'The database is locked.' });
  await until(() => text('.kfnb-warning')[0] === 'The database is locked.');
  expect(names()).toEqual(['<b>a']);
});

test('chosen runs are put side by side', async () => {
  expect(el.querySelector('[data-action=compare]')!.getAttribute('aria-disabled')).toBe('true');
  click('thead input');
  await until(() => text('[data-chosen]')[0]?.startsWith('2 runs chosen'));
  click('[data-action=compare]');
  expect((await asked('compare')).runs).toEqual(['b', 'a']);
  await answer('compare', { value: COMPARED });
  await until(() => text('.kfnb-comparison figcaption')[0] === 'score · loss');
  expect(text('.kfnb-diff del')).toEqual(['1']);
  expect(text('.kfnb-comparison thead .kfnb-state')).toEqual(['✔ succeeded', '⏸ interrupted']);
});

test('a run is opened and followed until it is closed, with what its steps printed', async () => {
  click('tbody .kfnb-link');
  expect((await asked('run')).run).toBe('b');
  const status = {
    name: 'b',
    run_id: 'b',
    why: null,
    metrics: {},
    interrupted: false,
    tasks: [...pending(['s']).tasks.values()]
  };
  const graph = { nodes: [{ name: 's' }], edges: [] };
  await answer('run', { value: { graph, status: { ...status, state: 'RUNNING' } } });
  await until(() => text('.kfnb-live-state')[0] === '▶ running');
  await answer('run', { value: { status: { ...status, state: 'RUNNING', interrupted: true } } });
  await until(() => text('.kfnb-live-state')[0] === '⏸ interrupted');
  await answer('run', { trouble: 'The bucket cannot be reached.' });
  await until(() => text('.kfnb-warning')[0] === 'The bucket cannot be reached.');
  await answer('run', { value: { status: { ...status, state: 'SUCCEEDED' } } });
  await until(() => text('.kfnb-live-state')[0] === '✔ succeeded' && text('.kfnb-warning').length === 0);
  el.querySelector('.kfnb-graph-node')!.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  expect(await asked('log')).toMatchObject({ run: 'b', task: 's' });
  await answer('log', { value: { text: '<i>read', cut: false } });
  await until(() => text('.kfnb-live-log')[0] === '<i>read');
  await answer('results', { trouble: 'no' });
  click('tbody .kfnb-link');
  await until(() => el.querySelector('.kfnb-live') === null);
  expect((model.sent as Question[]).filter(({ kind }) => kind === 'run').length).toBe(1);
  expect(model.sent.at(-1)).toEqual({ kind: 'leave', number: (await asked('run')).number });
});

test('a kernel is late where something is waited for, however much comes by itself', () => {
  vi.useFakeTimers();
  const asked = new Model({});
  const kernel = new Kernel(asked as never);
  const ignore = (): void => undefined;
  const leave = kernel.follow('page', {}, ignore, ignore, false);
  vi.advanceTimersByTime(5000);
  expect(kernel.isLate).toBe(false);
  void kernel.ask('log');
  vi.advanceTimersByTime(1000);
  const [followed, log] = asked.sent as Question[];
  asked.fire('msg:custom', { number: followed!.number, value: null });
  expect(kernel.isLate).toBe(true);
  asked.fire('msg:custom', { number: log!.number, value: null });
  expect(kernel.isLate).toBe(false);
  leave();
  kernel.dispose();
  vi.useRealTimers();
});

test('a question that is followed is said again and again until it is left', () => {
  vi.useFakeTimers();
  const asked = new Model({});
  const kernel = new Kernel(asked as never);
  const ignore = (): void => undefined;
  const leave = kernel.follow('run', { run: 'a' }, ignore, ignore);
  vi.advanceTimersByTime(60_000);
  expect(asked.sent.length).toBe(2);
  expect(asked.sent[1]).toEqual(asked.sent[0]);
  leave();
  vi.advanceTimersByTime(120_000);
  expect((asked.sent as Question[]).map(({ kind }) => kind)).toEqual(['run', 'run', 'leave']);
  kernel.dispose();
  vi.useRealTimers();
});

test('a kernel that does not answer is told of', async () => {
  model.sent.length = 0;
  click("[data-sort='name']");
  await until(() => text('[role=status]').some(said => said.startsWith('The kernel was asked.')));
  await answer('page', { value: page() });
  await until(() => text('.kfnb-quiet').includes('There are no runs here.'));
  expect(text('[role=status]').some(said => said.startsWith('The kernel was asked.'))).toBe(false);
});

test('keys are left to what has the focus, but for those that are commands with a modifier', () => {
  const box = el.querySelector<HTMLInputElement>('thead input')!;
  const isLeft = (): boolean => box.hasAttribute('data-lm-suppress-shortcuts');
  const press = (type: string, key: string): boolean => {
    box.dispatchEvent(new KeyboardEvent(type, { key, bubbles: true }));
    return isLeft();
  };
  box.focus();
  const seen = [press('keydown', 'd'), press('keydown', 'Control'), press('keyup', 'Control')];
  expect(seen).toEqual([true, false, true]);
  box.blur();
  expect(isLeft()).toBe(false);
});

test('runs side by side ask nothing', async () => {
  end();
  el.remove();
  show(comparison, { compared: COMPARED });
  await until(() => text('tr[data-differs=true] td').length > 0);
  expect(text('tr[data-differs=true] td')).toEqual(['rate', '1', '1.0', 'score.auc', '0.25', '0.5']);
  expect(el.querySelectorAll('.kfnb-charts polyline').length).toBe(2);
  expect(model.sent).toEqual([]);
});
