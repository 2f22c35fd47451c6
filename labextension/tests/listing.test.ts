/** The list of the page of runs: what is asked of the server again, and when. */

import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import type { RunPage, RunRow, RunsFrame } from '../src/model/documents';
import { ENGLISH } from '../src/model/words';
import { whyNoNext } from '../src/runs_page/list_parts';
import { Listing } from '../src/runs_page/listing';
import { later, settled } from './stream';

/** A server to which runs and experiments come. */
class Kept {
  readonly runIds = ['first'];
  readonly names = ['rates'];
  isAway = false;
  asked = 0;
  isSlow: Promise<void> | null = null;

  async runs(): Promise<{ runs: readonly RunRow[]; next: null; messages: readonly string[] }> {
    this.asked += 1;
    const runs = [...this.runIds];
    await this.isSlow;
    const row = (run_id: string): RunRow => ({ run_id, state: 'SUCCEEDED' }) as RunRow;
    return { runs: runs.map(row), next: null, messages: [] };
  }

  async experiments(): Promise<readonly string[]> {
    if (this.isAway) {
      throw new Error('away');
    }
    return [...this.names];
  }
}

let server: Kept;
let listing: Listing;
let isSeen: boolean;
let changed: Signal<object, RunsFrame>;

/** Let the server say that lists are others now. */
async function change(): Promise<void> {
  changed.emit({ kind: 'runs', number: 1, living: [], ended: [] });
  await settled();
}

beforeEach(() => {
  server = new Kept();
  isSeen = true;
  changed = new Signal({});
  listing = new Listing(server as unknown as Api, changed, () => isSeen);
});

afterEach(() => {
  listing.dispose();
});

test('Who comes back to the list finds the runs and the experiments that were made meanwhile.', async () => {
  await listing.refresh();
  expect(listing.rows.map(row => row.run_id)).toEqual(['first']);
  expect(listing.experiments).toEqual(['rates']);
  server.runIds.push('second');
  server.names.push('sizes');
  await listing.refresh();
  expect(listing.rows.map(row => row.run_id)).toEqual(['first', 'second']);
  expect(listing.experiments).toEqual(['rates', 'sizes']);
});

test('Experiments that are known stay where they cannot be asked for.', async () => {
  await listing.refresh();
  server.isAway = true;
  await listing.refresh();
  expect(listing.experiments).toEqual(['rates']);
});

test('The list is asked for again when the server says that it is another one, while it is seen.', async () => {
  await listing.load();
  server.runIds.push('second');
  await change();
  expect(listing.rows.map(row => row.run_id)).toEqual(['first', 'second']);
  isSeen = false;
  await change();
  expect(server.asked).toBe(2);
});

test('A slow answer is shown though the list changed meanwhile, and then the list is asked for once more.', async () => {
  const slow = later<void>();
  server.isSlow = slow.promise;
  void listing.load();
  server.runIds.push('second');
  await change();
  await change();
  expect(server.asked).toBe(1);
  server.isSlow = null;
  slow.keep();
  await settled();
  expect(server.asked).toBe(2);
  expect(listing.rows.map(row => row.run_id)).toEqual(['first', 'second']);
});

/** A list of three pages of one run, each of which is answered when a test likes; runs and cursors name order and place. */
function deferred() {
  const asked: { readonly at: string; readonly answer: () => Promise<void> }[] = [];
  const runs = (question: URLSearchParams): Promise<RunPage> => {
    const order = question.get('sort')!;
    const at = question.get('cursor') ?? `${order} 1`;
    const place = Number(at.split(' ')[1]);
    const next = place < 3 ? `${order} ${place + 1}` : null;
    const page = later<RunPage>();
    const answer = (): Promise<void> => {
      page.keep({ runs: [{ run_id: at } as RunRow], next, messages: [] });
      return settled();
    };
    asked.push({ at, answer });
    return page.promise;
  };
  const source = { runs, experiments: () => Promise.resolve([]) };
  return { asked, pages: new Listing(source, new Signal<object, void>({}), () => true) };
}

const shown = (pages: Listing) => [pages.page, pages.rows[0]?.run_id, whyNoNext(pages, ENGLISH)];

test('The page after one that is being asked for is not known before the answer: none is shown twice, none is left out.', async () => {
  const { asked, pages } = deferred();
  void pages.load();
  await asked[0]!.answer();
  expect(shown(pages)).toEqual([1, '-created 1', null]);
  pages.next();
  pages.next();
  expect(shown(pages)).toEqual([2, '-created 1', 'The list is being asked for.']);
  await asked[1]!.answer();
  expect(shown(pages)).toEqual([2, '-created 2', null]);
  pages.previous();
  pages.next();
  await asked[2]!.answer();
  expect(shown(pages)).toEqual([1, '-created 1', null]);
  expect(asked.map(({ at }) => at)).toEqual(['-created 1', '-created 2', '-created 1']);
  pages.dispose();
});

test('No cursor of another order, or of other filters, is ever asked with.', async () => {
  const { asked, pages } = deferred();
  void pages.load();
  await asked[0]!.answer();
  pages.sort({ key: 'name', isDown: false });
  pages.next();
  expect(asked.map(({ at }) => at)).toEqual(['-created 1', 'name 1']);
  vi.useFakeTimers();
  pages.filter({ search: 'r' }, true);
  vi.useRealTimers();
  await asked[1]!.answer(); // before what is typed is asked for
  expect(shown(pages)).toEqual([1, '-created 1', 'The list is being asked for.']);
  pages.next();
  expect(asked).toHaveLength(2);
  pages.dispose();
});

test('The list that is listened to anew offers what follows it meanwhile, and one page alone has none beside it.', async () => {
  const { asked, pages } = deferred();
  expect(pages.isWhole).toBe(true);
  void pages.load();
  await asked[0]!.answer();
  void pages.load();
  expect([...shown(pages), pages.isWhole]).toEqual([1, '-created 1', null, false]);
  pages.dispose();
});
