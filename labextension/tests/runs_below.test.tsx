/** What stands below the list of runs, an experiment or runs side by side: it goes on as its runs do. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import type { RunRow } from '../src/model/documents';
import { ENGLISH } from '../src/model/words';
import { REST_MS, type News } from '../src/runs_page/asked_again';
import { ExperimentView } from '../src/runs_page/experiment';
import { LivingComparison } from '../src/runs_page/living_comparison';

const trans = ENGLISH as unknown as TranslationBundle;

/** A server with two runs. */
const server = {
  rows: [] as RunRow[],
  loss: [] as number[],
  asked: 0,
  isAway: false
};

const api = {
  runs: async () => {
    server.asked += 1;
    if (server.isAway) {
      throw new Error('away');
    }
    return { runs: server.rows, next: null, messages: [] };
  },
  compare: async () => {
    server.asked += 1;
    if (server.isAway) {
      throw new Error('away');
    }
    return { runs: server.rows, parameters: [], written: {}, metrics: [], versions: [], cells: [] };
  },
  metrics: async () => ({}),
  series: async (id: string) => ({
    fit: id === 'b' ? { loss: series(server.loss), size: series([1, 2]) } : { size: series([2, 1]) }
  })
} as unknown as Api;

const series = (values: readonly number[]): object => ({
  steps: values.map((_, step) => step),
  values,
  logged: values.length
});

function row(run_id: string, state: RunRow['state'], more: Partial<RunRow> = {}): RunRow {
  const metrics = { fit: { auc: 0.5, loss: 1 } };
  return {
    run_id,
    name: `run ${run_id}`,
    state,
    interrupted: false,
    parameters: {},
    written: {},
    metrics,
    ...more
  } as RunRow;
}

let root: Root;
let news: Signal<object, News>;

async function show(element: JSX.Element): Promise<void> {
  await act(async () => root.render(element));
}

const experiment = (): JSX.Element => (
  <ExperimentView name="rates" onOpen={() => undefined} {...{ api, news, trans }} />
);
const comparison = (): JSX.Element => <LivingComparison ids={['a', 'b']} {...{ api, news, trans }} />;

/** Let the server tell of runs, and all come to rest that follows from it. */
async function tell(living: readonly string[], ended: readonly string[] = []): Promise<void> {
  await act(async () => {
    news.emit({ kind: 'runs', number: 1, living, ended });
    await vi.advanceTimersByTimeAsync(REST_MS);
    await vi.advanceTimersByTimeAsync(100); // what changed is drawn with the next frame
  });
}

const texts = (selector: string): string[] =>
  [...document.querySelectorAll(selector)].map(found => found.textContent!);

beforeEach(() => {
  vi.useFakeTimers();
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
  Object.assign(server, { rows: [row('a', 'SUCCEEDED'), row('b', 'RUNNING')] });
  Object.assign(server, { loss: [3, 2], asked: 0, isAway: false });
  news = new Signal<object, News>({});
  root = createRoot(document.body.appendChild(document.createElement('div')));
});

afterEach(async () => {
  await act(async () => root.unmount());
  document.body.replaceChildren();
  vi.useRealTimers();
});

test('An experiment counts its runs as they stand now, and interrupted ones as such.', async () => {
  await show(experiment());
  await tell(['b']);
  expect(texts('.kfnb-state')).toEqual(['✔ 1 succeeded', '▶ 1 running']);
  server.rows = [row('a', 'SUCCEEDED'), row('b', 'RUNNING', { interrupted: true })];
  await tell([]);
  expect(texts('.kfnb-state')).toEqual(['✔ 1 succeeded', '⏸ 1 interrupted']);
});

test('It keeps the axes that were chosen as runs come, and what is known while the server is away.', async () => {
  await show(experiment());
  await tell([]);
  const axis = (): HTMLSelectElement => document.querySelector('[data-axis=y]')!;
  await act(async () => {
    axis().value = 'metric.fit.loss';
    axis().dispatchEvent(new Event('change', { bubbles: true }));
  });
  server.rows = [...server.rows, row('c', 'SUCCEEDED')];
  await tell([]);
  expect(axis().value).toBe('metric.fit.loss');
  expect(texts('circle').length).toBe(3);
  server.isAway = true;
  await tell([]);
  expect([texts('.kfnb-warning'), texts('circle').length]).toEqual([['away'], 3]);
  server.isAway = false;
  await tell([]);
  expect(texts('.kfnb-warning')).toEqual([]);
});

test('It rests between two questions, however often the server tells of runs, and asks no more when it is gone.', async () => {
  await show(experiment());
  expect(server.asked).toBe(1);
  for (let number = 0; number < 10; number++) {
    await act(async () => news.emit({ kind: 'runs', number, living: ['b'], ended: [] }));
  }
  expect(server.asked).toBe(1);
  await act(() => vi.advanceTimersByTimeAsync(REST_MS));
  expect(server.asked).toBe(2);
  await act(() => vi.advanceTimersByTimeAsync(10 * REST_MS));
  expect(server.asked).toBe(2);
  await show(<></>);
  await tell(['b']);
  expect(server.asked).toBe(2);
});

test('Runs side by side have the words of their states, and go on until all have ended.', async () => {
  await show(comparison());
  await tell([]);
  expect(texts('thead .kfnb-state')).toEqual(['✔ succeeded', '▶ running']);
  server.rows = [row('a', 'SUCCEEDED'), row('b', 'RUNNING', { interrupted: true })];
  await tell([]);
  expect(texts('thead .kfnb-state')).toEqual(['✔ succeeded', '⏸ interrupted']);
  server.rows = [row('a', 'SUCCEEDED'), row('b', 'SUCCEEDED')];
  await tell([], ['b']);
  expect(texts('thead .kfnb-state')).toEqual(['✔ succeeded', '✔ succeeded']);
  const { asked } = server;
  await tell(['another'], ['one more']);
  expect(server.asked).toBe(asked);
  await act(async () => news.emit(null));
  expect(server.asked).toBe(asked + 1);
});

test('What could not be asked for is asked for with the next news, whatever that is of.', async () => {
  server.rows = [row('a', 'SUCCEEDED'), row('b', 'SUCCEEDED')];
  await show(comparison());
  server.isAway = true;
  await tell(['b']);
  expect(texts('[role=alert]')).toEqual([expect.stringContaining('away')]);
  server.isAway = false;
  await tell(['another']);
  expect(texts('[role=alert]')).toEqual([]);
});

test('A chart of theirs stays as it is until its own curves are others.', async () => {
  await show(comparison());
  await tell([]);
  const charts = (): (Element | null)[] =>
    [...document.querySelectorAll('figure')].map(figure => figure.querySelector('svg'));
  const [size, loss] = charts();
  expect(texts('figcaption')).toEqual(['fit · size', 'fit · loss']);
  expect([size, loss]).not.toContain(null);
  server.loss = [3, 2, 1];
  await tell([]);
  expect(charts()[0]).toBe(size);
  expect(charts()[1]).not.toBe(loss);
});
