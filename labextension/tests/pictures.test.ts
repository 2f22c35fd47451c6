/** Pictures of living runs in a notebook: followed while it is open, and no longer. */

import { Signal } from '@lumino/signaling';
import { expect, test, vi } from 'vitest';

import { ApiError, type Api } from '../src/api';
import type { RunDocument } from '../src/model/documents';
import { keepPictures } from '../src/notebook/pictures';
import { later, serverWithRun, settled } from './stream';

type Shared = Parameters<typeof keepPictures>[0];

const LIVING = { 'text/html': '<div class="kfnb-run" data-living="1"></div>' };

const LISTED = {
  'text/html': '<div class="kfnb-runs">',
  'application/vnd.jupyter.widget-view+json': { model_id: '1' }
};

/** A notebook with the picture of a run that goes on, or other data. */
function notebookWith(data: object = LIVING) {
  const source = {};
  const disposed = new Signal<object, void>(source);
  const kernelChanged = new Signal<object, void>(source);
  const output = { data, toJSON: () => ({}) };
  const set = vi.fn((_: number, { data }: { data: object }) => (output.data = data));
  const cells = [{ type: 'code', outputs: { length: 1, get: () => output, set } }];
  const shared = {
    sessionContext: { kernelChanged, statusChanged: new Signal(source) },
    model: { dirty: false, cells },
    disposed,
    isDisposed: false
  };
  return {
    shared,
    output,
    set,
    kernelChanged,
    keep: (api: Api) => keepPictures(shared as unknown as Shared, api)
  };
}

function pictured() {
  const server = serverWithRun();
  const api = { ...server.api, picture: () => Promise.resolve({ html: LIVING['text/html'], text: '' }) };
  return { ...server, api: api as unknown as Api };
}

test('A run that could not be watched is tried again with the next kernel, and only once.', async () => {
  const { api, asked, streams } = pictured();
  const { keep, kernelChanged } = notebookWith();
  asked.run.mockRejectedValueOnce(new ApiError('away', 0));
  keep(api);
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
    const { shared, keep } = notebookWith();
    const document = later<RunDocument>();
    asked.run.mockReturnValueOnce(document.promise);
    keep(api);
    await settled();
    const close = (): void => {
      shared.isDisposed = true;
      shared.disposed.emit();
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

test('A list of runs that a widget shows loses it where the notebook is opened, and not with a further view of it.', () => {
  const { output, set, kernelChanged, keep } = notebookWith(LISTED);
  const { api } = pictured();
  keep(api);
  expect(output.data).toEqual({ 'text/html': LISTED['text/html'] });
  output.data = LISTED; // as its cell makes it when it is run again
  keep(api);
  expect([output.data, set.mock.calls.length]).toEqual([LISTED, 1]);
  kernelChanged.emit();
  expect(output.data).not.toEqual(LISTED);
});

test('A run that a widget shows is left to it, and watched once, with a further view of its notebook.', async () => {
  const { set, keep } = notebookWith();
  const { api, streams } = pictured();
  keep(api);
  await settled();
  const before = set.mock.calls.length;
  keep(api);
  await settled();
  expect([streams.length, set.mock.calls.length]).toEqual([1, before]);
});
