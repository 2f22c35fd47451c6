/** Proposed steps are for the notebook as it is: one that has changed is proposed for anew. */

import { beforeEach, expect, test } from 'vitest';

import type { Suggestion } from '../src/model/documents';
import type { TaggedCell } from '../src/model/tags';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { applySuggestion, Suggesting } from '../src/notebook/suggesting';
import { later } from './stream';

const proposed = (step: string): Suggestion =>
  ({ tags: [{ cell_id: 'a', add_tags: [`step:${step}`], remove_tags: [] }] }) as unknown as Suggestion;
const cell = (...tags: string[]): TaggedCell => ({ id: 'a', isCode: true, tags });

let cells: TaggedCell[];
let answers: ReturnType<typeof later<Suggestion>>[];
let suggesting: Suggesting;
let notebook: OpenNotebook;
let written: [string, string[]][];

beforeEach(() => {
  [cells, answers, written] = [[cell()], [], []];
  suggesting = new Suggesting(
    () => (answers.push(later()), answers.at(-1)!.promise),
    () => JSON.stringify(cells)
  );
  notebook = {
    suggesting,
    get cells() {
      return cells;
    },
    writeTags: (changes: ReadonlyMap<string, string[]>) => {
      written.push(...changes);
      cells = cells.map(({ id }) => cell(...(changes.get(id) ?? [])));
      void suggesting.keepUp();
    }
  } as unknown as OpenNotebook;
});

/** Have steps proposed. */
async function propose(step: string): Promise<void> {
  const asking = suggesting.begin();
  answers.at(-1)!.keep(proposed(step));
  await asking;
}

test('What is proposed is written once, and nothing is asked for then.', async () => {
  await propose('fit');
  applySuggestion(notebook);
  expect(written).toEqual([['a', ['step:fit']]]);
  expect([suggesting.found, suggesting.isAsking, answers.length]).toEqual([null, false, 1]);
});

test('Where tags were changed since, nothing of it is written: it is proposed for those that are there.', async () => {
  await propose('fit');
  cells = [cell('step:train')];
  applySuggestion(notebook);
  expect([written, suggesting.found, suggesting.isAsking]).toEqual([[], null, true]);
  answers.at(-1)!.keep(proposed('train'));
  await answers.at(-1)!.promise;
  await Promise.resolve();
  expect([suggesting.found, suggesting.isAsking]).toEqual([proposed('train'), false]);
});

test('Where tags were changed while it was asked for, it is asked for once more.', async () => {
  const asking = suggesting.begin();
  cells = [cell('step:train')];
  answers[0]!.keep(proposed('fit'));
  await answers[0]!.promise;
  await Promise.resolve();
  expect([suggesting.found, suggesting.isAsking, answers.length]).toEqual([null, true, 2]);
  answers[1]!.keep(proposed('train'));
  await asking;
  expect(suggesting.found).toEqual(proposed('train'));
});

test('Where it cannot be asked once more, what was proposed for other cells is not kept.', async () => {
  const asked: string[] = [];
  suggesting = new Suggesting(
    async () => {
      asked.push(JSON.stringify(cells));
      if (asked.length > 1) {
        throw new Error('away');
      }
      cells = [cell('step:train')];
      return proposed('fit');
    },
    () => JSON.stringify(cells)
  );
  await suggesting.begin();
  expect([suggesting.trouble, suggesting.found, asked.length]).toEqual(['away', null, 2]);
});
