/** What comments in cells say when a step gets another name; pytest judges the same cases by the grammar itself. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test, vi } from 'vitest';

import { commentedNameProblem, isNamedIn, renamedIn } from '../src/model/comments';
import { stepsIn, type TaggedCell } from '../src/model/tags';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { nameStep, renamingProblem } from '../src/panel/cell_role';

interface Case {
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly after: string | null;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(resolve(`../tests/cases/${name}.json`), 'utf-8')) as unknown;
const CASES = read('renamed_comments') as Case[];
const NAMES = read('commented_names') as Record<'right' | 'wrong', string[]>;

test.each(CASES)('$source', ({ source, from, to, after }) => {
  const edit = renamedIn(source, from, to);
  expect(edit && source.slice(0, edit.start) + edit.text + source.slice(edit.end)).toBe(after);
});

test('A name that would make the comment an ordinary one is not given.', () => {
  expect(NAMES.right.filter(name => commentedNameProblem(name) !== null)).toEqual([]);
  expect(NAMES.wrong.filter(name => commentedNameProblem(name) === null)).toEqual([]);
});

test('A comment names a step as its own or as one that it comes after.', () => {
  const names = (comment: string[]): boolean =>
    isNamedIn({ id: 'a', isCode: true, tags: [], comment }, 'fit');
  expect([['step:fit'], ['step:a', 'after:fit'], ['step:a', 'prev:fit']].filter(names)).toHaveLength(3);
  expect([[], ['step:fits'], ['step:a', 'label:after=fit']].filter(names)).toEqual([]);
});

const CELLS: readonly TaggedCell[] = [
  { id: 'a', isCode: true, tags: ['step:fit'] },
  { id: 'b', isCode: true, tags: [], comment: ['step:score', 'after:fit'] }
];

/** A notebook that keeps what is written into it. */
function notebookOf(cells: readonly TaggedCell[]): { notebook: OpenNotebook; written: unknown[] } {
  const written: unknown[] = [];
  const notebook = {
    cells,
    taggedSteps: stepsIn(cells),
    placements: { steps: { fit: { affinity: { nodeAffinity: {} } } } },
    change: vi.fn((act: () => void) => act()),
    writeTags: (changes: Map<string, string[]>) => written.push(Object.fromEntries(changes)),
    writeSources: (ids: string[]) => written.push(ids),
    writePlacements: (about: unknown) => written.push(about)
  } as unknown as OpenNotebook;
  return { notebook, written };
}

test('Tags, comments and metadata that name a step follow it together.', () => {
  const { notebook, written } = notebookOf(CELLS);
  nameStep(notebook, CELLS[0]!, ' train ');
  const about = { steps: { train: { affinity: { nodeAffinity: {} } } } };
  expect(written).toEqual([{ a: ['step:train'] }, ['b'], about]);
  expect(notebook.change).toHaveBeenCalledOnce();
});

test('A step that a comment names does not get a name that the comment cannot give.', () => {
  const { notebook, written } = notebookOf(CELLS);
  expect(renamingProblem(notebook, CELLS[0]!, 'train!')).toMatch('A comment names this step');
  nameStep(notebook, CELLS[0]!, 'train!');
  expect(written).toEqual([]);
  const alone = notebookOf([CELLS[0]!]);
  expect(renamingProblem(alone.notebook, CELLS[0]!, 'train!')).toBe(null);
});

test('A cell that goes over to another step takes nothing with it.', () => {
  const { notebook, written } = notebookOf([...CELLS, { id: 'c', isCode: true, tags: ['step:read'] }]);
  nameStep(notebook, CELLS[0]!, 'read');
  expect(written).toEqual([{ a: ['step:read'] }]);
});
