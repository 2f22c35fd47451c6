/** What commands do on the page of runs, and why not. */

import { InputDialog } from '@jupyterlab/apputils';
import { beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import type { RunRow } from '../src/model/documents';
import { pending, type State } from '../src/model/run_state';
import { ENGLISH } from '../src/model/words';
import type { RunSession } from '../src/run/session';
import type { Listing } from '../src/runs_page/listing';
import { pageActions, type ActionName, type PageState } from '../src/runs_page/page_actions';

vi.mock('@jupyterlab/apputils', () => ({
  Dialog: {},
  InputDialog: { getItem: vi.fn() },
  showDialog: vi.fn()
})); // the last of what is offered is chosen

const OF_OPENED: readonly ActionName[] = ['cancel', 'resume', 'executed', 'earlier', 'download'];
const OF_TASK: readonly ActionName[] = ['log', 'events', 'pod', 'element'];
const CONDITIONS = ['good', 'kept'].map(name => ({ kind: 'tag', name, comparison: '=', value: '' }) as const);
const listing = {
  page: 1,
  hasNext: true,
  previous: vi.fn(),
  next: vi.fn(),
  filter: vi.fn(),
  filters: { conditions: CONDITIONS },
  experiments: ['Default', 'rates']
};

beforeEach(() => {
  vi.mocked(InputDialog.getItem).mockImplementation(async ({ items }) => {
    const value = [...items].at(-1)!;
    return { button: { accept: true }, value } as Awaited<ReturnType<typeof InputDialog.getItem>>;
  });
});

/** The page, with nothing chosen and nothing opened but for what is said. */
function page(more: Partial<PageState> = {}): PageState {
  const api = { address: (path: string) => `/base/${path}` } as unknown as Api;
  return {
    above: { chosen: [], isArchive: false, api, trans: ENGLISH } as unknown as PageState['above'],
    listing: listing as unknown as Listing,
    undo: null,
    opened: null,
    session: null,
    plot: vi.fn(),
    act: vi.fn(),
    openExecuted: null,
    attempt: act => act(),
    api,
    trans: ENGLISH as PageState['trans'],
    ...more
  };
}

/** A run with a log of the task a whose part from `start` is shown. */
function run(state: State, start = 0) {
  const hasEnded = state !== 'RUNNING';
  const tasks = new Map([['a', { attempt: 1, owner: null, elements: null }]]);
  const acts = { cancel: vi.fn(), resume: vi.fn(), loadEarlier: vi.fn() };
  const shown = {
    log: { task: 'a', source: 'a', text: { start } } as { text: { start: number } } | null,
    tab: 'log',
    status: { ...pending(['a']), state, tasks },
    document: { cluster: null }
  };
  return { ...shown, ...acts, hasEnded, isInterrupted: false, id: '1' };
}

const whys = (state: PageState, names: readonly ActionName[]): (string | null)[] =>
  names.map(name => pageActions(state).get(name)!.why);

test('Without an opened run it is said that one is to be opened.', () => {
  const why = 'Open a run of the list by its name first.';
  const names = [...OF_OPENED, ...OF_TASK, 'untag' as const];
  expect(whys(page(), names)).toEqual(names.map(() => why));
});

test('What can be done to the opened run is as it stands when it is asked.', () => {
  const session = run('RUNNING', 100);
  const openExecuted = vi.fn();
  const state = page({ session: session as unknown as RunSession, openExecuted });
  expect(whys(state, OF_OPENED)).toEqual([null, 'The run is going on.', null, null, null]);
  session.status.state = 'FAILED';
  session.hasEnded = true;
  session.log!.text.start = 0;
  const whole = 'The log is shown from its beginning.';
  expect(whys(state, OF_OPENED)).toEqual(['The run has ended.', null, null, whole, null]);
  pageActions(state).get('resume')!.act();
  pageActions(state).get('executed')!.act();
  expect(openExecuted).toHaveBeenCalledWith('1', 'a');
  expect([session.resume, session.cancel].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
});

test('Its log is kept as a file by the browser.', () => {
  const session = run('SUCCEEDED') as unknown as RunSession;
  const clicked = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue();
  pageActions(page({ session })).get('download')!.act();
  const link = clicked.mock.contexts[0] as HTMLAnchorElement;
  expect([link.pathname + link.search, link.hasAttribute('download')]).toEqual([
    '/base/runs/1/tasks/a/log?download',
    true
  ]);
});

test('The pages of the list and what was done last have reasons too.', () => {
  const names: readonly ActionName[] = ['previous', 'next', 'undo'];
  const none = 'Nothing was done here that can be taken back.';
  expect(whys(page(), names)).toEqual(['This is the first page.', null, none]);
  const undo = vi.fn();
  pageActions(page({ undo })).get('undo')!.act();
  expect(undo).toHaveBeenCalledOnce();
  pageActions(page()).get('next')!.act();
  expect(listing.next).toHaveBeenCalledOnce();
});

test('What there is to see of the clicked task is looked at.', () => {
  const shown = run('SUCCEEDED');
  const { log } = shown;
  shown.log = null;
  const state = page({ session: shown as unknown as RunSession });
  expect(whys(state, OF_TASK)).toEqual(OF_TASK.map(() => 'Click a step of the run first.'));
  shown.log = log;
  const [noPod, noElement] = ['have pods', 'no fan-out'].map(text => expect.stringContaining(text));
  expect(whys(state, OF_TASK)).toEqual([null, null, noPod, noElement]);
  pageActions(state).get('events')!.act();
  expect(shown.tab).toBe('events');
});

test('Asked which, a condition is taken away, an experiment plotted, a tag taken off the opened run.', async () => {
  const setTags = vi.fn(async () => undefined);
  const opened = { run_id: '1', tags: ['good', 'kept'] } as unknown as RunRow;
  const state = page({ opened, api: { tag: setTags } as unknown as Api, act: vi.fn() });
  const names = ['uncondition', 'plot', 'untag'] as const;
  expect(whys(state, names)).toEqual([null, null, null]);
  names.forEach(name => pageActions(state).get(name)!.act());
  await vi.waitFor(() => expect(state.act).toHaveBeenCalledOnce());
  expect(listing.filter).toHaveBeenCalledWith({ conditions: [CONDITIONS[0]] });
  expect(state.plot).toHaveBeenCalledWith('rates');
  const { done } = await vi.mocked(state.act).mock.calls[0]![0]();
  expect(done.text).toBe('The tag kept was taken off.');
  expect(setTags).toHaveBeenCalledWith('1', [], ['kept']);
});

test('Where there is nothing to ask for, that is said.', () => {
  const bare = { ...listing, experiments: [], filters: { conditions: [] } } as unknown as Listing;
  const state = page({ listing: bare, opened: { run_id: '1', tags: [] } as unknown as RunRow });
  expect(whys(state, ['uncondition', 'plot', 'untag'])).toEqual([
    'The list has no conditions.',
    'There are no experiments yet.',
    'The run has no tags.'
  ]);
});
