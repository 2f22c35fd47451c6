/** Outputs of runs under the cells of a notebook, and their way back. */

import { YNotebook, type YCodeCell } from '@jupyter/ydoc';
import { beforeEach, expect, test, vi } from 'vitest';

import type { CellOutputs } from '../src/model/documents';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { makeUndoable, undoneAlone } from '../src/notebook/undoable';
import { bringHome, takeBack, type Homecoming } from '../src/run/bring_home';

/** A cell of code, as far as bringing home knows it. */
class Cell {
  readonly type = 'code';
  readonly outputs = { toJSON: (): unknown => this.sharedModel.getOutputs() };

  constructor(readonly sharedModel: YCodeCell) {}

  get id(): string {
    return this.sharedModel.getId();
  }

  get executionCount(): number | null {
    return this.sharedModel.execution_count;
  }
}

let shared: YNotebook;
let cells: Cell[];
let notebook: { home: Homecoming | null } & OpenNotebook;

const printed = (text: string): unknown => ({ output_type: 'stream', name: 'stdout', text });

/** What a run showed under the cells a and b. */
const outputs = (word: string): CellOutputs[] =>
  ['a', 'b'].map(
    id =>
      ({
        cell_id: id,
        source: `print(${id})`,
        outputs: [printed(`${word} ${id}`)],
        execution_count: 1
      }) as unknown as CellOutputs
  );

const texts = (): unknown[] =>
  cells.map(({ sharedModel }) => (sharedModel.getOutputs()[0] as { text: string } | undefined)?.text ?? '');

/** Let a cell print something, as its kernel does when a person runs it. */
function runByHand({ sharedModel }: Cell, text: string): void {
  sharedModel.setOutputs([printed(text)] as Parameters<YCodeCell['setOutputs']>[0]);
}

beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue(); // the library's own, of each cell that it makes
  const made = ['a', 'b'].map(id => ({ id, cell_type: 'code', metadata: {}, source: `print(${id})` }));
  shared = YNotebook.create({ data: { cells: made } } as Parameters<typeof YNotebook.create>[0]) as YNotebook;
  makeUndoable(shared);
  shared.clearUndoHistory();
  cells = shared.cells.map(cell => new Cell(cell as YCodeCell));
  runByHand(cells[0]!, 'before a');
  notebook = {
    home: null,
    panel: { content: { model: { cells, sharedModel: shared } } },
    change: (act: () => void) => undoneAlone(shared, act)
  } as unknown as typeof notebook;
});

test('Brought twice, and once from another run, they are taken back to what stood there first.', () => {
  bringHome(notebook, '1', outputs('one'));
  bringHome(notebook, '1', outputs('one'));
  bringHome(notebook, '2', outputs('two'));
  expect(texts()).toEqual(['two a', 'two b']);
  expect([notebook.home!.run, notebook.home!.written]).toEqual(['2', 2]);
  takeBack(notebook);
  expect(texts()).toEqual(['before a', '']);
  expect(cells.map(({ executionCount }) => executionCount)).toEqual([null, null]);
  expect(notebook.home).toBe(null);
});

test('A cell that was run by hand since keeps its outputs, and is named.', () => {
  bringHome(notebook, '1', outputs('one'));
  runByHand(cells[0]!, 'by hand');
  takeBack(notebook);
  expect(texts()).toEqual(['by hand', '']);
  expect([notebook.home!.other, notebook.home!.places.size]).toEqual([['a'], 0]);
  takeBack(notebook);
  expect(texts()).toEqual(['by hand', '']);
});

test('One that printed the same when it was run by hand is told by its number.', () => {
  bringHome(notebook, '1', outputs('one'));
  cells[0]!.sharedModel.execution_count = 7;
  takeBack(notebook);
  expect(texts()).toEqual(['one a', '']);
});

test('Outputs made by hand in between are what a further run covers, and come back.', () => {
  bringHome(notebook, '1', outputs('one'));
  runByHand(cells[1]!, 'by hand');
  bringHome(notebook, '2', outputs('two'));
  takeBack(notebook);
  expect(texts()).toEqual(['before a', 'by hand']);
});

test('Cells whose code was edited since the run, or that are gone, are left alone and told.', () => {
  cells[1]!.sharedModel.setSource('print(b, b)');
  bringHome(notebook, '1', [...outputs('one'), { ...outputs('one')[0]!, cell_id: 'c' }]);
  expect(texts()).toEqual(['one a', '']);
  const { edited, gone, written } = notebook.home!;
  expect([edited, gone, written]).toEqual([['b'], 1, 1]);
});

test('The notebook’s undo leaves what was brought, and what was taken back: it takes back the edit before.', () => {
  notebook.change(() => cells[0]!.sharedModel.setMetadata('tags', ['step:a']));
  bringHome(notebook, '1', outputs('one'));
  shared.undo();
  expect(texts()).toEqual(['one a', 'one b']);
  expect(cells[0]!.sharedModel.getMetadata()).not.toHaveProperty('tags');
  shared.redo();
  expect(texts()).toEqual(['one a', 'one b']);
  takeBack(notebook);
  shared.undo();
  expect(texts()).toEqual(['before a', '']);
});
