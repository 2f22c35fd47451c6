/** Pictures of living runs in a notebook: followed while it is open, and no longer. */

import { Signal } from '@lumino/signaling';
import { expect, test } from 'vitest';

import { ApiError, type Api } from '../src/api';
import type { RunDocument } from '../src/model/documents';
import type { OpenNotebook } from '../src/notebook/open_notebook';
import { Pictures } from '../src/notebook/pictures';
import { later, serverWithRun, settled } from './stream';

const LIVING = { 'text/html': '<div class="kfnb-run" data-living="1"></div>' };

/** A notebook with the picture of a run that goes on. */
function notebookWithPicture() {
  const source = {};
  const disposed = new Signal<object, void>(source);
  const kernelChanged = new Signal<object, void>(source);
  const output = { data: LIVING, toJSON: () => ({}) };
  const cells = [{ type: 'code', outputs: { length: 1, get: () => output, set: () => undefined } }];
  const panel = {
    sessionContext: { kernelChanged, statusChanged: new Signal(source) },
    content: { model: { cells } },
    context: { model: { dirty: false } },
    disposed
  };
  return { notebook: { panel, isDisposed: false }, disposed, kernelChanged };
}

function pictured() {
  const server = serverWithRun();
  const api = { ...server.api, picture: () => Promise.resolve({ html: LIVING['text/html'], text: '' }) };
  return { ...server, api: api as unknown as Api };
}

test('A run that could not be watched is tried again with the next kernel, and only once.', async () => {
  const { api, asked, streams } = pictured();
  const { notebook, kernelChanged } = notebookWithPicture();
  asked.run.mockRejectedValueOnce(new ApiError('away', 0));
  new Pictures(notebook as unknown as OpenNotebook, api);
  await settled();
  expect(streams).toHaveLength(0);
  for (let kernel = 0; kernel < 2; kernel++) {
    kernelChanged.emit();
    await settled();
    expect(streams).toHaveLength(1);
  }
});

test('No stream stays open of a notebook that was closed, also while its run was being asked for.', async () => {
  for (const isEarly of [true, false]) {
    const { api, asked, streams } = pictured();
    const { notebook, disposed } = notebookWithPicture();
    const document = later<RunDocument>();
    asked.run.mockReturnValueOnce(document.promise);
    new Pictures(notebook as unknown as OpenNotebook, api);
    await settled();
    const close = (): void => {
      notebook.isDisposed = true;
      disposed.emit();
    };
    const answer = async (): Promise<void> => {
      document.keep({ run_id: '1', tasks: {}, interrupted: false, waits: null } as unknown as RunDocument);
      await settled();
    };
    if (isEarly) {
      close();
      await answer();
    } else {
      await answer();
      close();
    }
    expect(asked.run).toHaveBeenCalled();
    expect(streams.map(({ readyState }) => readyState)).not.toContain(WebSocket.OPEN);
  }
});
