/** Which run a notebook shows: that which was started or chosen last, and none when it is closed. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ApiError, isAway, type Api } from '../src/api';
import type { RunDocument } from '../src/model/documents';
import { EMPTY_FORM } from '../src/model/filled_form';
import { ENGLISH } from '../src/model/words';
import { OpenNotebook } from '../src/notebook/open_notebook';
import { Choosing } from '../src/run/choosing';
import { showLatestRun } from '../src/run/latest';
import { RunSession } from '../src/run/session';
import { emptyPanel } from './empty_panel';
import { later, serverWithRun, settled, type Server } from './stream';

vi.mock('@jupyterlab/apputils', () => ({ Dialog: {}, showDialog: vi.fn() })); // nothing is asked here

const consent = { saves: true };
const LATER_MS = 10_000;
let server: Server;
let panel: NotebookPanel;
let notebook: OpenNotebook;

const documentOf = (run_id: string): RunDocument =>
  ({ run_id, tasks: {}, interrupted: false, waits: null, unseen: null }) as unknown as RunDocument;

/** How many streams are open. */
const open = (): number => server.streams.filter(stream => stream.readyState === WebSocket.OPEN).length;

beforeEach(() => {
  vi.useFakeTimers();
  server = serverWithRun();
  panel = emptyPanel();
  const contents = {
    localPath: (path: string) => path,
    get: () => Promise.reject(new Error('not asked here'))
  };
  notebook = new OpenNotebook(panel, server.api, contents as unknown as Contents.IManager);
});

afterEach(() => {
  notebook.dispose();
  vi.useRealTimers();
});

test('Of two runs that are chosen quickly the second is shown, though it was the faster one.', async () => {
  const slow = later<RunDocument>();
  server.asked.run.mockReturnValueOnce(slow.promise);
  const choosing = new Choosing(notebook, server.api);
  const first = choosing.choose('slow');
  expect(choosing.chosen).toBe('slow');
  await choosing.choose('fast');
  slow.keep(documentOf('slow'));
  await first;
  expect([notebook.session!.id, choosing.chosen, open()]).toEqual(['fast', null, 1]);
});

test('A run that is started while a chosen one is read stays.', async () => {
  const slow = later<RunDocument>();
  server.asked.run.mockReturnValueOnce(slow.promise);
  const choosing = new Choosing(notebook, server.api);
  const chosen = choosing.choose('slow');
  await notebook.draft.start(consent, ENGLISH as never);
  slow.keep(documentOf('slow'));
  await chosen;
  expect([notebook.session!.id, choosing.chosen, open()]).toEqual(['1', null, 1]);
});

test('A chosen run that cannot be shown is named, with why; what was shown stays.', async () => {
  const choosing = new Choosing(notebook, server.api);
  await choosing.choose('1');
  server.asked.run.mockRejectedValueOnce(new ApiError('There is no run 2.', 404));
  await choosing.choose('2');
  expect(choosing.trouble).toBe('The run 2 cannot be shown: There is no run 2.');
  expect([notebook.session!.id, choosing.chosen]).toEqual(['1', null]);
  await choosing.choose(null);
  expect([notebook.session, choosing.trouble, open()]).toEqual([null, null, 0]);
});

test('A run that has begun but cannot be shown yet was not refused: it is said, and shown later.', async () => {
  server.asked.run.mockRejectedValueOnce(new ApiError('The bucket is away.', 503));
  const { draft } = notebook;
  expect(await draft.start(consent, ENGLISH as never)).toBe(true);
  expect([draft.refusal, draft.started, notebook.session]).toEqual([null, '1', null]);
  expect(draft.unseen).toBe('The run 1 has begun, but cannot be shown: The bucket is away.');
  await vi.runOnlyPendingTimersAsync();
  expect([draft.unseen, notebook.session!.id]).toEqual([null, '1']);
  expect(server.asked.start).toHaveBeenCalledTimes(1);
});

test('Where another run is looked at meanwhile, that one stays.', async () => {
  server.asked.run.mockRejectedValueOnce(new ApiError('The bucket is away.', 503));
  await notebook.draft.start(consent, ENGLISH as never);
  notebook.session = await RunSession.open(server.api, 'other');
  await vi.runOnlyPendingTimersAsync();
  expect([notebook.draft.unseen, notebook.session.id, open()]).toEqual([null, 'other', 1]);
});

test('A start that is refused says so, and nothing was begun.', async () => {
  server.asked.start.mockRejectedValueOnce(new ApiError('No step.', 422));
  expect(await notebook.draft.start(consent, ENGLISH as never)).toBe(false);
  expect([notebook.draft.refusal?.message, notebook.draft.started, open()]).toEqual(['No step.', null, 0]);
});

test('What was filled in for one run is not there for the next; a start that is refused keeps it.', async () => {
  const { draft } = notebook;
  const once = { name: 'first', force: true, part: 'until', step: 'read' } as const;
  draft.fillIn({ ...once, experiment: 'Words' });
  server.asked.start.mockRejectedValueOnce(new ApiError('No step.', 422));
  expect(await draft.startFilledIn(consent, ENGLISH as never)).toBe(false);
  expect(draft.form).toMatchObject(once);
  expect(await draft.startFilledIn(consent, ENGLISH as never)).toBe(true);
  expect(server.asked.start.mock.lastCall).toEqual([
    expect.objectContaining({ name: 'first', force: true, until: 'read', experiment: 'Words' })
  ]);
  expect(draft.form).toEqual({ ...EMPTY_FORM, experiment: 'Words' });
});

test('A notebook that was closed while a run was started or chosen listens to none.', async () => {
  const started = later<object>();
  server.asked.start.mockReturnValueOnce(started.promise);
  const starting = notebook.draft.start(consent, ENGLISH as never);
  const chosen = later<RunDocument>();
  server.asked.run.mockReturnValueOnce(chosen.promise);
  const choosing = new Choosing(notebook, server.api).choose('2');
  notebook.dispose();
  started.keep({ run_id: '1', warnings: [] });
  chosen.keep(documentOf('2'));
  await Promise.all([starting, choosing]);
  expect([server.streams.length, open(), notebook.session]).toEqual([2, 0, null]);
});

test('Where the answer to a start is lost it is found out, as soon as the server is back, that the run has begun.', async () => {
  const lost = new ApiError('The server cannot be reached.', 0);
  server.asked.start.mockRejectedValueOnce(lost);
  server.asked.startedAs.mockRejectedValueOnce(lost);
  const { draft } = notebook;
  const begun = draft.start(consent, ENGLISH as never);
  await vi.waitFor(() => expect(server.asked.startedAs).toHaveBeenCalledOnce());
  expect([draft.isLost, draft.isStarting, draft.refusal]).toEqual([true, true, null]);
  await vi.runOnlyPendingTimersAsync();
  expect(await begun).toBe(true);
  expect([draft.isLost, draft.refusal, notebook.session!.id]).toEqual([false, null, '1']);
  const [[{ asked_as }]] = server.asked.start.mock.calls as [[{ asked_as: string }]];
  expect(server.asked.startedAs.mock.calls).toEqual([
    [asked_as, undefined],
    [asked_as, undefined]
  ]);
  expect(server.asked.start).toHaveBeenCalledOnce();
});

test('Or that nothing was started, which is said.', async () => {
  server.asked.start.mockRejectedValueOnce(
    new ApiError('The Jupyter server answered 502.', 502, null, [], true)
  );
  server.asked.startedAs.mockRejectedValueOnce(new ApiError('No run was started so.', 404));
  expect(await notebook.draft.start(consent, ENGLISH as never)).toBe(false);
  expect(notebook.draft.refusal!.message).toMatch('before the run began: nothing was started');
});

/** A server that is away, however that is said. */
const AWAY: readonly [string, ApiError][] = [
  ['Nothing', new ApiError('no route', 0)],
  ['A proxy', new ApiError('The Jupyter server answered 502.', 502, null, [], true)],
  ['A hub', new ApiError('JupyterHub has stopped this server.', 424)]
];

test.each(AWAY)(
  '%s answers for the server: the newest run is shown as soon as it is back.',
  async (_, away) => {
    const runsOf = vi.fn(() => Promise.resolve([{ run_id: 'newest' }]));
    runsOf.mockRejectedValueOnce(away);
    showLatestRun(notebook, { ...server.api, runsOf } as unknown as Api);
    await settled();
    expect(notebook.session).toBeNull();
    await vi.advanceTimersByTimeAsync(LATER_MS);
    expect([notebook.session!.id, open()]).toEqual(['newest', 1]);
  }
);

test.each(AWAY)(
  '%s answers for the server: what it sees in the notebook comes as soon as it is back.',
  async (_, away) => {
    const analyse = vi.fn(() => Promise.resolve({ steps: [], comments: [] }));
    analyse.mockRejectedValueOnce(away);
    const contents = { localPath: (path: string) => path } as unknown as Contents.IManager;
    const other = new OpenNotebook(
      emptyPanel(Promise.resolve()),
      { ...server.api, analyse } as unknown as Api,
      contents
    );
    await vi.advanceTimersByTimeAsync(1);
    expect([other.trouble, isAway(other.trouble)]).toEqual([away, true]);
    await vi.advanceTimersByTimeAsync(LATER_MS);
    expect([other.trouble, other.analysis === null]).toEqual([null, false]);
    other.dispose();
  }
);

test.each(AWAY)(
  '%s answers for the server: it is found out later whether the run has begun.',
  async (_, away) => {
    server.asked.start.mockRejectedValueOnce(away);
    server.asked.startedAs.mockRejectedValueOnce(away);
    server.asked.startedAs.mockRejectedValueOnce(new ApiError('The bucket is away.', 503));
    const begun = notebook.draft.start(consent, ENGLISH as never);
    await vi.advanceTimersByTimeAsync(LATER_MS);
    expect([await begun, server.asked.start.mock.calls.length]).toEqual([true, 1]);
  }
);
