/** The list of the page of runs: what is asked of the server again, and when. */

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { Api } from '../src/api';
import type { RunRow } from '../src/model/documents';
import { Listing } from '../src/runs_page/listing';

/** A server to which runs and experiments come. */
class Kept {
  readonly runIds = ['first'];
  readonly names = ['rates'];
  isAway = false;

  async runs(): Promise<{ runs: readonly RunRow[]; next: null; messages: readonly string[] }> {
    const row = (run_id: string): RunRow => ({ run_id, state: 'SUCCEEDED' }) as RunRow;
    return { runs: this.runIds.map(row), next: null, messages: [] };
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

beforeEach(() => {
  server = new Kept();
  listing = new Listing(server as unknown as Api, () => true);
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
