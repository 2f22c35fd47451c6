/** A long log is loaded piece by piece: where the next one begins. */

import type { ServerConnection } from '@jupyterlab/services';
import { expect, test } from 'vitest';

import { Api } from '../src/api';

/** The log of a task of which a server has these bytes; it is asked for the piece before `before`. */
async function pieceBefore(before: number, log: Uint8Array): Promise<{ text: string; start: number }> {
  const settings = {
    baseUrl: 'http://localhost/',
    init: {},
    fetch: async (request: Request) => {
      const [first, last] = /(\d+)-(\d+)/.exec(request.headers.get('Range')!)!.slice(1).map(Number);
      const headers = { 'Content-Range': `bytes ${first}-${last}/${log.length}` };
      return new Response(log.slice(first, last! + 1), { status: 206, headers });
    },
    Request,
    Headers
  };
  return new Api(settings as unknown as ServerConnection.ISettings).log('1', 'a', before);
}

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

test('A piece before others begins with its first whole line.', async () => {
  const lines = 'a line of fifteen\n'.repeat(100_000);
  const { text, start } = await pieceBefore(lines.length, encoded(lines));
  expect(start % 18).toBe(0);
  expect(text).toBe(lines.slice(start));
});

test('A line that is longer than a piece is loaded piece by piece, each of whole characters.', async () => {
  const log = encoded(`x${'é'.repeat(1_000_000)}\nend\n`);
  const line = log.length - 'end\n'.length;
  const last = await pieceBefore(line, log);
  expect([last.start < line, last.text.endsWith('é\n'), last.text.includes('\ufffd')]).toEqual([
    true,
    true,
    false
  ]);
  const before = await pieceBefore(last.start, log);
  expect(before).toEqual({ text: `x${'é'.repeat((last.start - 1) / 2)}`, start: 0 });
});
