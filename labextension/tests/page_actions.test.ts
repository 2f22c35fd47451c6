/** What commands do on the page of runs, and why not. */

import { expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import { pending, type State } from '../src/model/run_state';
import { ENGLISH } from '../src/model/words';
import type { RunSession } from '../src/run/session';
import type { Listing } from '../src/runs_page/listing';
import { pageActions, type ActionName, type PageState } from '../src/runs_page/page_actions';

vi.mock('@jupyterlab/apputils', () => ({ Dialog: {}, InputDialog: {}, showDialog: vi.fn() })); // nothing is asked here

const OF_OPENED: readonly ActionName[] = ['cancel', 'resume', 'executed', 'earlier', 'download'];
const listing = { page: 1, hasNext: true, previous: vi.fn(), next: vi.fn() };

/** The page, with nothing chosen and nothing opened but for what is said. */
function page(more: Partial<PageState> = {}): PageState {
  const api = { address: (path: string) => `/base/${path}` } as unknown as Api;
  return {
    above: { chosen: [], isArchive: false, api, trans: ENGLISH } as unknown as PageState['above'],
    listing: listing as unknown as Listing,
    undo: null,
    session: null,
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
  const tasks = new Map([['a', { attempt: 1 }]]);
  const acts = { cancel: vi.fn(), resume: vi.fn(), loadEarlier: vi.fn() };
  const shown = { log: { source: 'a', text: { start } }, status: { ...pending(['a']), state, tasks } };
  return { ...shown, ...acts, hasEnded, isInterrupted: false, id: '1' };
}

const whys = (state: PageState, names: readonly ActionName[]): (string | null)[] =>
  names.map(name => pageActions(state).get(name)!.why);

test('Without an opened run it is said that one is to be opened.', () => {
  const why = 'Open a run of the list by its name first.';
  expect(whys(page(), OF_OPENED)).toEqual(OF_OPENED.map(() => why));
});

test('What can be done to the opened run is as it stands when it is asked.', () => {
  const session = run('RUNNING', 100);
  const openExecuted = vi.fn();
  const state = page({ session: session as unknown as RunSession, openExecuted });
  expect(whys(state, OF_OPENED)).toEqual([null, 'The run is going on.', null, null, null]);
  session.status.state = 'FAILED';
  session.hasEnded = true;
  session.log.text.start = 0;
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
