/** Which changes of an open notebook are changes of what a run takes. */

import { YNotebook } from '@jupyter/ydoc';
import { beforeEach, expect, test, vi } from 'vitest';

import { Saved } from '../src/notebook/saved';

const CONTENT = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: 'python3', display_name: '' }, language_info: { name: 'python' } },
  cells: [
    { id: 'a', cell_type: 'markdown', metadata: {}, source: '# Title' },
    {
      id: 'b',
      cell_type: 'code',
      metadata: { tags: ['step:b'] },
      source: 'x = 1',
      outputs: [],
      execution_count: null
    }
  ]
};
let notebook: YNotebook;
let saved: Saved;

function read(): void {
  notebook.setSource(structuredClone(CONTENT) as Parameters<YNotebook['setSource']>[0]);
}

beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue(); // the library's own, of each cell that it makes
  notebook = YNotebook.create() as YNotebook;
  read();
  saved = new Saved(notebook);
});

test.each<[string, (notebook: YNotebook) => void]>([
  ['language', it => it.setMetadata('language_info', { name: 'python', version: '3.13.0' })],
  [
    'name of the same kernel',
    it => it.setMetadata('kernelspec', { name: 'python3', display_name: 'Python 3' })
  ],
  ['folding of a cell', it => it.cells[1]!.setMetadata('collapsed', true)]
])('Its %s is not.', (_, change) => {
  change(notebook);
  expect(notebook.dirty).toBe(true);
  expect(saved.isOther).toBe(false);
});

test.each<[string, (notebook: YNotebook) => void]>([
  ['Code', it => it.cells[1]!.setSource('x = 2')],
  ['A tag', it => it.cells[1]!.setMetadata('tags', ['step:c'])],
  ['What the metadata say of a cell', it => it.cells[1]!.setMetadata('kfnb', { made_from: 'a' })],
  ['What the metadata say of a step', it => it.setMetadata('kfnb', { steps: { b: {} } })],
  ['The kernel', it => it.setMetadata('kernelspec', { name: 'other', display_name: 'Other' })],
  ['The order of cells', it => it.moveCell(0, 1)],
  ['A cell that is gone', it => it.deleteCell(0)]
])('%s is, until it is saved or read anew.', (_, change) => {
  change(notebook);
  expect(saved.isOther).toBe(true);
  notebook.dirty = false;
  expect(saved.isOther).toBe(false);
  notebook.cells[0]!.setSource('another');
  expect(saved.isOther).toBe(true);
  read();
  expect(saved.isOther).toBe(false);
  notebook.setMetadata('language_info', { name: 'python', version: '3.13.0' });
  expect(saved.isOther).toBe(false);
});
