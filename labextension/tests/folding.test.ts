/** Folded steps: keys pass their hidden cells, and what jumps to one shows it. */

import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { beforeEach, expect, test } from 'vitest';

import { Folding } from '../src/notebook/folding';
import { settled } from './stream';

/** As much of a notebook as is looked at here. */
class Content {
  readonly activeCellChanged = new Signal<this, Cell | null>(this);
  readonly stateChanged = new Signal<this, void>(this);
  readonly node = document.createElement('div');
  readonly widgets: readonly Cell[];
  mode: 'command' | 'edit' = 'command';
  scrolledTo: number | null = null;
  selected: readonly number[] = [];
  private _active = 0;

  constructor(steps: readonly (string | null)[]) {
    this.widgets = steps.map(step => {
      const node = document.createElement('div');
      if (step !== null) {
        node.dataset.kfnbStep = step;
      }
      return { node, isHidden: false } as unknown as Cell;
    });
  }

  get activeCell(): Cell {
    return this.widgets[this._active]!;
  }

  get activeCellIndex(): number {
    return this._active;
  }

  set activeCellIndex(index: number) {
    this._active = index;
    this.activeCellChanged.emit(this.activeCell);
    this.stateChanged.emit();
  }

  isSelectedOrActive(cell: Cell): boolean {
    return cell === this.activeCell || this.selected.includes(this.widgets.indexOf(cell));
  }

  extendContiguousSelectionTo(index: number): void {
    this.selected = [...this.selected, index];
    this.activeCellIndex = index;
  }

  async scrollToItem(index: number): Promise<void> {
    this.scrolledTo = index;
  }
}

let content: Content;
let folding: Folding;

function open(...steps: readonly (string | null)[]): void {
  content = new Content(steps);
  content.node.tabIndex = 0;
  document.body.replaceChildren(content.node);
  content.node.focus();
  folding = new Folding(content as unknown as Notebook);
}

/** Go to cell after cell, and return where that led. */
async function go(...places: readonly number[]): Promise<number> {
  for (const place of places) {
    content.activeCellIndex = place;
    await settled();
  }
  return content.activeCellIndex;
}

beforeEach(() => {
  open(null, 'read', 'read', 'read', 'count', null);
  folding.toggle('read');
});

test('A step that is folded is passed in both directions.', async () => {
  expect(await go(1, 2)).toBe(4);
  expect(content.scrolledTo).toBe(4);
  expect(await go(3)).toBe(1);
  expect(folding.has('read')).toBe(true);
});

test('Folded steps one after the other are passed one by one.', async () => {
  open('read', 'read', 'count', 'count', null);
  folding.toggle('read');
  folding.toggle('count');
  expect(await go(1)).toBe(2);
  expect(await go(3)).toBe(4);
  expect(await go(3)).toBe(2);
  expect(await go(1)).toBe(0);
});

test('At the end of the notebook one stays at the first cell of the step.', async () => {
  open('read', 'count', 'count', 'count');
  folding.toggle('count');
  expect(await go(1, 2)).toBe(1);
  expect(folding.has('count')).toBe(true);
});

test('What lies between cells of a folded step is not passed.', async () => {
  open('read', 'count', 'read', 'count');
  folding.toggle('read');
  expect(await go(3, 2)).toBe(1);
});

test('What jumps to a hidden cell shows its step.', async () => {
  expect(await go(5, 2)).toBe(2);
  expect(folding.has('read')).toBe(false);
});

test('What finds a hidden cell from elsewhere shows its step, also from the cell beside it.', async () => {
  await go(1);
  content.node.blur();
  expect(await go(2)).toBe(2);
  expect(folding.has('read')).toBe(false);
});

test('Who comes to a hidden cell or to the first one to write shows the step.', async () => {
  content.mode = 'edit';
  expect(await go(4, 3)).toBe(3);
  expect(folding.has('read')).toBe(false);
  folding.toggle('read');
  content.mode = 'edit';
  content.activeCellIndex = 1;
  expect(folding.has('read')).toBe(false);
});

test('A selection that is extended to a folded step goes on beyond it.', async () => {
  await go(1);
  content.extendContiguousSelectionTo(1);
  content.extendContiguousSelectionTo(2);
  await settled();
  expect([content.activeCellIndex, content.selected]).toEqual([4, [1, 2, 4]]);
});

test('Others hear of the cell that is gone to last.', async () => {
  const heard: number[] = [];
  content.activeCellChanged.connect((_, cell) => heard.push(content.widgets.indexOf(cell!)));
  await go(1, 2);
  expect(heard).toEqual([1, 2, 4]);
});
