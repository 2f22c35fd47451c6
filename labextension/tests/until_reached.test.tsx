/** What is asked again where the server was away: the comparison of the two halves, clusters, a notebook's runs. */

import { Signal } from '@lumino/signaling';
import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TranslationBundle } from '@jupyterlab/translation';

import { ApiError, type Api } from '../src/api';
import { trans } from '../src/model/words';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { useClusters } from '../src/panel/clusters';
import { ClustersTab } from '../src/panel/clusters_tab';
import { EarlierRuns } from '../src/panel/earlier_runs';
import { useHalvesProblem } from '../src/panel/halves';
import type { IRunChanges } from '../src/tokens';
import { VERSION } from '../src/version';

vi.mock('@jupyterlab/apputils', () => ({ Dialog: {}, showDialog: vi.fn() })); // nothing is asked here

const LATER_MS = 10_000;
const OLD = `This page has kfnb ${VERSION}, the Jupyter server has 0.0.1.`;

/** A server that may be away, missing its half, or of another version. */
const server = {
  trouble: null as ApiError | null,
  has: VERSION,
  asked: 0,
  async version() {
    return { version: server.answer(server.has) };
  },
  async clusterFile() {
    return server.answer({
      clusters: [{ name: 'far', settings: {} }],
      diagnostics: [],
      file: 'clusters.toml'
    });
  },
  runs: ['1'],
  async runsOf() {
    return server.answer(server.runs.map(run_id => ({ run_id, name: run_id, state: 'SUCCEEDED' })));
  },
  answer<T>(what: T): T {
    server.asked += 1;
    if (server.trouble !== null) {
      throw server.trouble;
    }
    return what;
  }
};
const api = server as unknown as Api;
const away = new ApiError('away', 0);
let page: HTMLElement;
let root: Root;
let isShown: boolean;

function Halves({ isAway }: { isAway: boolean }): JSX.Element {
  const problem = useHalvesProblem(api, trans as TranslationBundle, isAway, () => isShown);
  return <p>{problem === null ? 'well' : `${problem.message} silent: ${problem.isSilent}`}</p>;
}

function Clusters(): JSX.Element {
  const known = useClusters(api);
  return <p>{known === null ? 'asked for' : known.clusters.map(({ name }) => name).join()}</p>;
}

async function draw(element: JSX.Element): Promise<void> {
  await act(async () => root.render(element));
}

async function later(): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(LATER_MS));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  Object.assign(server, { trouble: null, has: VERSION, asked: 0, runs: ['1'] });
  isShown = true;
  page = document.createElement('div');
  root = createRoot(page);
});

afterEach(async () => {
  await act(async () => root.unmount());
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('That the server is away is said until it is back, and no longer.', async () => {
  server.trouble = away;
  await draw(<Halves isAway={false} />);
  expect(page.textContent).toBe('away silent: true');
  await later();
  expect(server.asked).toBeGreaterThan(1);
  expect(page.textContent).toBe('away silent: true');
  server.trouble = null;
  await later();
  expect(page.textContent).toBe('well');
  const { asked } = server;
  await later();
  expect(server.asked).toBe(asked);
});

test('A server that comes back as another version is told of.', async () => {
  await draw(<Halves isAway={false} />);
  expect(page.textContent).toBe('well');
  server.trouble = away;
  await draw(<Halves isAway={true} />);
  expect(page.textContent).toBe('away silent: true');
  Object.assign(server, { trouble: null, has: '0.0.1' });
  await later();
  expect(page.textContent).toContain(OLD);
  expect(page.textContent).toContain('silent: false');
});

test('Who comes back to the window is told of another version of the server, and of a half that is missing.', async () => {
  await draw(<Halves isAway={false} />);
  server.has = '0.0.1';
  await act(async () => window.dispatchEvent(new Event('focus')));
  expect(page.textContent).toContain(OLD);
  server.trouble = new ApiError('', 404);
  await act(async () => window.dispatchEvent(new Event('focus')));
  expect(page.textContent).toContain('The Jupyter server does not know kfnb.');
});

test('Nothing is asked again while nobody looks.', async () => {
  server.trouble = away;
  await draw(<Halves isAway={false} />);
  isShown = false;
  await later();
  expect(server.asked).toBe(1);
  isShown = true;
  server.trouble = null;
  await later();
  expect(page.textContent).toBe('well');
});

test('Clusters come when the server is back, without the form being opened again.', async () => {
  server.trouble = new ApiError('a proxy alone', 503);
  await draw(<Clusters />);
  expect(page.textContent).toBe('asked for');
  server.trouble = null;
  await later();
  expect(page.textContent).toBe('far');
});

test('The page of clusters is there when the server is back, though it was opened while the server was away.', async () => {
  server.trouble = new ApiError('stopped', 424);
  await draw(
    <ClustersTab
      {...{ api, takeWish: () => null, onForm: () => undefined }}
      trans={trans as TranslationBundle}
    />
  );
  expect(page.textContent).toBe('stopped');
  server.trouble = null;
  await later();
  expect([...page.querySelectorAll('h2')].map(title => title.textContent)).toEqual(['far']);
});

test('The runs of a notebook come when the server is back, and when it says that there are others.', async () => {
  const changed = new Signal<object, object>({});
  const changes = { changed } as unknown as IRunChanges;
  const notebook = { path: 'a.ipynb', session: null, draft: { started: null } } as unknown as OpenNotebook;
  const listed = (): string[] => [...page.querySelectorAll('option')].slice(1).map(({ value }) => value);
  server.trouble = away;
  await draw(<EarlierRuns {...{ notebook, api, changes }} trans={trans as TranslationBundle} />);
  expect(listed()).toEqual([]);
  server.trouble = null;
  await later();
  expect(listed()).toEqual(['1']);
  server.runs = ['2', '1'];
  await act(async () => changed.emit({}));
  expect(listed()).toEqual(['2', '1']);
  server.trouble = away;
  await act(async () => changed.emit({}));
  expect(listed()).toEqual(['2', '1']);
});
