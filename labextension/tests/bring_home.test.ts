/** Outputs of runs under the cells of a notebook, and their way back. */

import { beforeEach, expect, test } from 'vitest';

import type { CellOutputs } from '../src/model/documents';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { bringHome, takeBack, type Homecoming } from '../src/run/bring_home';

/** A cell of code, as far as bringing home knows it. */
class Cell {
  readonly type = 'code';
  readonly sharedModel: Cell;
  readonly outputs = { toJSON: (): unknown => this.shown };
  execution_count: number | null = null;

  constructor(
    readonly id: string,
    readonly source: string,
    public shown: unknown[]
  ) {
    this.sharedModel = this;
  }

  get executionCount(): number | null {
    return this.execution_count;
  }

  getSource(): string {
    return this.source;
  }

  setOutputs(outputs: unknown[]): void {
    this.shown = outputs;
  }
}

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
  cells.map(({ shown }) => (shown[0] as { text: string } | undefined)?.text ?? '');

beforeEach(() => {
  cells = [new Cell('a', 'print(a)', [printed('before a')]), new Cell('b', 'print(b)', [])];
  notebook = {
    home: null,
    panel: { content: { model: { cells } } },
    change: (act: () => void) => act()
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
  expect(cells.map(({ execution_count }) => execution_count)).toEqual([null, null]);
  expect(notebook.home).toBe(null);
});

test('A cell that was run by hand since keeps its outputs, and is named.', () => {
  bringHome(notebook, '1', outputs('one'));
  cells[0]!.shown = [printed('by hand')];
  takeBack(notebook);
  expect(texts()).toEqual(['by hand', '']);
  expect([notebook.home!.other, notebook.home!.places.size]).toEqual([['a'], 0]);
  takeBack(notebook);
  expect(texts()).toEqual(['by hand', '']);
});

test('One that printed the same when it was run by hand is told by its number.', () => {
  bringHome(notebook, '1', outputs('one'));
  cells[0]!.execution_count = 7;
  takeBack(notebook);
  expect(texts()).toEqual(['one a', '']);
});

test('Outputs made by hand in between are what a further run covers, and come back.', () => {
  bringHome(notebook, '1', outputs('one'));
  cells[1]!.shown = [printed('by hand')];
  bringHome(notebook, '2', outputs('two'));
  takeBack(notebook);
  expect(texts()).toEqual(['before a', 'by hand']);
});

test('Cells whose code was edited since the run, or that are gone, are left alone and told.', () => {
  cells[1] = new Cell('b', 'print(b, b)', []);
  bringHome(notebook, '1', [...outputs('one'), { ...outputs('one')[0]!, cell_id: 'c' }]);
  expect(texts()).toEqual(['one a', '']);
  const { edited, gone, written } = notebook.home!;
  expect([edited, gone, written]).toEqual([['b'], 1, 1]);
});
