/** A panel of a notebook as far as what watches notebooks knows it. */

import { YNotebook } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { vi } from 'vitest';

/** As much of a panel as is looked at here: it is saved, and has no cells. `ready`: kept when it has been read. */
export function emptyPanel(ready = new Promise<void>(() => undefined)): NotebookPanel {
  const source = {};
  const signal = (): Signal<object, void> => new Signal(source);
  vi.spyOn(console, 'warn').mockReturnValue();
  const model = {
    sharedModel: YNotebook.create(),
    cells: [],
    dirty: false,
    getMetadata: () => undefined,
    stateChanged: signal()
  };
  const content = {
    model,
    widgets: [],
    activeCellChanged: signal(),
    selectionChanged: signal(),
    stateChanged: signal()
  };
  const context = { model, path: 'a.ipynb', pathChanged: signal(), saveState: signal(), ready };
  return { content, context, disposed: signal() } as unknown as NotebookPanel;
}
