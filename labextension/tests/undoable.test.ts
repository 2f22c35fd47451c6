/** What the notebook's own undo takes back of its metadata. */

import { YNotebook } from '@jupyter/ydoc';
import { beforeEach, expect, test, vi } from 'vitest';

import { makeUndoable, undoneAlone } from '../src/notebook/undoable';

const ABOUT = { steps: { fit: { affinity: { nodeAffinity: {} } } } };
let notebook: YNotebook;

beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue(); // the library's own, of each cell that it makes
  const cells = [{ id: 'a', cell_type: 'code', metadata: { tags: ['step:fit'] }, source: 'x = 1' }];
  notebook = YNotebook.create({ data: { cells } } as Parameters<typeof YNotebook.create>[0]) as YNotebook;
  makeUndoable(notebook);
  makeUndoable(notebook); // as another view of it does
  notebook.clearUndoHistory();
});

test('What is said of steps is undone and done again, and nothing stays where nothing was.', () => {
  const changes: string[] = [];
  notebook.metadataChanged.connect((_, { key, type }) => changes.push(`${key} ${type}`));
  undoneAlone(notebook, () => notebook.setMetadata('kfnb', ABOUT));
  notebook.setMetadata('kfnb', { steps: {} });
  notebook.undo();
  expect(notebook.getMetadata('kfnb')).toEqual(ABOUT);
  notebook.undo();
  expect(notebook.getMetadata()).not.toHaveProperty('kfnb');
  notebook.redo();
  expect(notebook.getMetadata('kfnb')).toEqual(ABOUT);
  notebook.redo();
  expect(notebook.getMetadata('kfnb')).toEqual({ steps: {} });
  expect(changes).toEqual(['add', 'change', 'change', 'remove', 'add', 'change'].map(type => `kfnb ${type}`));
});

test('It is undone together with the tags that were changed with it.', () => {
  notebook.transact(() => {
    notebook.cells[0]!.setMetadata('tags', ['step:learn']);
    notebook.setMetadata('kfnb', { steps: { learn: {} } });
  });
  notebook.undo();
  expect(notebook.cells[0]!.getMetadata('tags')).toEqual(['step:fit']);
  expect(notebook.getMetadata()).not.toHaveProperty('kfnb');
});

test('What a kernel writes is no step of undo, and what a person wrote before it is taken back alone.', () => {
  notebook.setMetadata('language_info', { name: 'python', version: '3.12' });
  expect(notebook.canUndo()).toBe(false);
  notebook.cells[0]!.setSource('x = 2');
  notebook.setMetadata('language_info', { name: 'python', version: '3.13' });
  notebook.undo();
  expect(notebook.cells[0]!.getSource()).toBe('x = 1');
  expect(notebook.getMetadata('language_info')).toEqual({ name: 'python', version: '3.13' });
});
