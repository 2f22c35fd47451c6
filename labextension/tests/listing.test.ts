/** The list of the page of runs: what is asked of the server again, and when. */

import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { Api } from '../src/api';
import type { RunRow, RunsFrame } from '../src/model/documents';
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
