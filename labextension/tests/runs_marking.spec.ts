/** What is done to chosen runs, and taken back. */

import { expect, test } from 'vitest';
import type { Api } from '../src/api';
import { archive, tag } from '../src/runs_page/marking';

/** A server that keeps tags and what is archived; it refuses everything about the run called `locked`. */
class Kept {
  readonly tags: Record<string, string[]> = { a: ['x'], b: [], locked: [] };
  readonly archived = new Set<string>();

  async tag(id: string, add: readonly string[], remove: readonly string[]): Promise<void> {
    this._refuse(id);
    this.tags[id] = [...this.tags[id]!.filter(name => !remove.includes(name)), ...add];
  }

  async archive(id: string, undo: boolean): Promise<void> {
    this._refuse(id);
    this.archived[undo ? 'delete' : 'add'](id);
  }

  get runs(): { run_id: string; tags: string[]; archived: boolean }[] {
    return Object.entries(this.tags).map(([run_id, tags]) => ({
      run_id,
      tags,
      archived: this.archived.has(run_id)
    }));
  }

  private _refuse(id: string): void {
    if (id === 'locked') {
      throw new Error('no');
    }
  }
}

const count = (number: number): string => String(number);

test('a tag is taken back only from runs that did not have it', async () => {
  const kept = new Kept();
  const runs = kept.runs.slice(0, 2);
  const { done, error } = await tag(kept as unknown as Api, runs, { name: 'x', isOff: false }, count);
  expect([done.text, error, kept.tags.a, kept.tags.b]).toEqual(['1', null, ['x'], ['x']]);
  await done.undo!();
  expect([kept.tags.a, kept.tags.b]).toEqual([['x'], []]);
});

test('a tag that is taken off comes back', async () => {
  const kept = new Kept();
  const { done } = await tag(kept as unknown as Api, kept.runs, { name: 'x', isOff: true }, count);
  expect(kept.tags.a).toEqual([]);
  await done.undo!();
  expect(kept.tags).toEqual(new Kept().tags);
});

test('where a run refuses, what was done before is told and can be taken back', async () => {
  const kept = new Kept();
  const [a, b, locked] = kept.runs;
  const { done, error } = await archive(kept as unknown as Api, [a!, locked!, b!], false, count);
  expect([done.text, error?.message, [...kept.archived]]).toEqual(['1', 'no', ['a']]);
  await done.undo!();
  expect([...kept.archived]).toEqual([]);
});

test('only runs that were archived now are put back, and nothing is where none was', async () => {
  const kept = new Kept();
  kept.archived.add('b');
  const { done } = await archive(kept as unknown as Api, kept.runs.slice(0, 2), false, count);
  expect([done.text, [...kept.archived]]).toEqual(['1', ['b', 'a']]);
  await done.undo!();
  expect([...kept.archived]).toEqual(['b']);
  const again = await archive(kept as unknown as Api, [kept.runs[1]!], false, count);
  expect([again.done.text, again.done.undo]).toEqual(['0', null]);
});
