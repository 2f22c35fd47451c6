/** The server's half, asked over HTTP and its stream of events. Nothing here decides anything. */

import { URLExt } from '@jupyterlab/coreutils';
import type { INotebookContent } from '@jupyterlab/nbformat';
import { ServerConnection } from '@jupyterlab/services';

import { addressOf, type Address, type Answer, type Method, type Names, type Sent } from './model/asking';
import type {
  Accelerators,
  Analysis,
  Artifact,
  CellOutputs,
  CheckRequest,
  CheckResult,
  Cluster,
  ClusterFile,
  Comparison,
  Failure,
  Finding,
  Metrics,
  Placement,
  RunDocument,
  RunPage,
  RunPicture,
  RunRequest,
  RunRow,
  RunSeries,
  Started,
  Suggestion,
  TaskEvents,
  TaskPod,
  Version
} from './model/documents';
import type { PlacementKind } from './model/placement';
import { trans } from './model/words';

/** With these a proxy answers in the place of a server that does not; kfnb's own says 503 where a store is away. */
const GATEWAYS = [502, 503, 504];
/** So a JupyterHub answers for a server that is stopped, with a document of its own. */
const HUB_ALONE = 424;
const LOCKED = 423;

/** Why the server did not do what was asked: what, and what to do. `status` 0: it could not be reached. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly fix: string | null = null,
    readonly findings: readonly Finding[] = [],
    /** Whether kfnb's server has not said a word: it may have done what it was asked, or not. */
    readonly isUnanswered = status === 0 || status === HUB_ALONE
  ) {
    super(message);
  }

  /** Whether the server, or a store that it needs for the answer, is away. */
  get isAway(): boolean {
    return this.isUnanswered || GATEWAYS.includes(this.status);
  }

  /** Whether the server does not know kfnb's addresses at all. */
  get isMissing(): boolean {
    return this.status === 404;
  }

  /** Whether it cannot be seen if a run is living. */
  get isUnseen(): boolean {
    return this.status === LOCKED;
  }

  /** Whether the same question may be answered later: the server, or what it needs for the answer, is away. */
  get isPassing(): boolean {
    return this.isAway || this.status >= 500;
  }
}

/** So much of a log is asked for at once. */
const LOG_BYTES = 1 << 20;
const NEWLINE = 10;

type NotebookJson = Readonly<Record<string, unknown>>;

/** The addresses below `kfnb/api/` of the server that JupyterLab speaks to. */
export class Api {
  constructor(readonly settings: ServerConnection.ISettings) {}

  async version(): Promise<Version> {
    return this._get('/version', {});
  }

  /** `notebook`: what is open, saved or not. `view`: of several requests of one view only the newest is answered. */
  async analyse(path: string, notebook: NotebookJson, view: string): Promise<Analysis> {
    return this._send('post', '/analyse', {}, { path, notebook, view });
  }

  /** Steps that could be made of a notebook; nothing is changed. */
  async suggest(path: string, notebook: NotebookJson): Promise<Suggestion> {
    return this._send('post', '/suggest', {}, { path, notebook });
  }

  /** The file of cluster profiles. */
  async clusterFile(): Promise<ClusterFile> {
    return this._get('/clusters', {});
  }

  /** The accelerator types of a cluster, whose nodes are looked at if that can be. */
  async accelerators(name: string): Promise<Accelerators> {
    return this._get('/clusters/{name}/accelerators', { name });
  }

  /** Write a profile: a new one, or in the place of the one of that name that said `before`, and still does. */
  async writeCluster(
    name: string,
    settings: Cluster['settings'],
    before: Cluster['settings'] | null
  ): Promise<ClusterFile> {
    const body = { settings, replace: before !== null, expected: before };
    return this._send('put', '/clusters/{name}', { name }, body);
  }

  /** Take a profile out of the file; what is in the cluster stays. */
  async removeCluster(name: string): Promise<ClusterFile> {
    return this._send('delete', '/clusters/{name}', { name });
  }

  async makeDefault(name: string): Promise<ClusterFile> {
    return this._send('post', '/clusters/{name}/default', { name }, {});
  }

  /** What stands against a run, looked at before it is started; nothing is run. */
  async check(request: CheckRequest): Promise<CheckResult> {
    return this._send('post', '/check', {}, request);
  }

  /** An affinity or pod patch that a person wrote in YAML or JSON, checked; ApiError says what is wrong with it. */
  async readPlacement(kind: PlacementKind, text: string): Promise<Placement> {
    return this._send('post', '/placement', {}, { kind, text });
  }

  /** One as it stands in the notebook's metadata, to be shown as YAML. */
  async writtenPlacement(kind: PlacementKind, value: Placement['value']): Promise<Placement> {
    return this._send('post', '/placement', {}, { kind, value });
  }

  async start(request: RunRequest): Promise<Started> {
    return this._send('post', '/runs', {}, request);
  }

  /** The run that was asked for with a word (`asked_as`), whose answer was lost; ApiError with 404 if none has begun. */
  async startedAs(word: string, cluster: string | undefined): Promise<Started> {
    const question = new URLSearchParams(cluster === undefined ? {} : { cluster });
    return this._get('/starts/{word}', { word }, question);
  }

  /** The newest runs of a notebook. */
  async runsOf(path: string, limit: number): Promise<readonly RunRow[]> {
    return (await this.runs(new URLSearchParams({ notebook: path, limit: String(limit) }))).runs;
  }

  /** A page of all runs that pass the filters, in the order that is asked for. */
  async runs(question: URLSearchParams): Promise<RunPage> {
    return this._get('/runs', {}, question);
  }

  /** The names of all experiments, the one with the newest run first. */
  async experiments(): Promise<readonly string[]> {
    return (await this._get('/experiments', {})).experiments;
  }

  async compare(ids: readonly string[]): Promise<Comparison> {
    return this._get('/compare', {}, new URLSearchParams(ids.map(id => ['run', id])));
  }

  /** Take a run out of the lists, or put it back; all of it is kept. */
  async archive(run_id: string, undo: boolean): Promise<void> {
    await this._send('post', '/runs/{run_id}/archive', { run_id }, { undo });
  }

  /** Give a run tags, and take others off it. */
  async tag(run_id: string, add: readonly string[], remove: readonly string[]): Promise<void> {
    await this._send('post', '/runs/{run_id}/tags', { run_id }, { add, remove });
  }

  /** Remove a run for good. `isGone`: if it has a cluster that cannot be asked, that is no more. */
  async remove(run_id: string, isGone: boolean): Promise<void> {
    const question = new URLSearchParams({ gone: isGone ? 'yes' : 'no' });
    await this._text('delete', `${addressOf('/runs/{run_id}', { run_id })}?${question}`);
  }

  async run(run_id: string): Promise<RunDocument> {
    return this._get('/runs/{run_id}', { run_id });
  }

  async cancel(run_id: string): Promise<void> {
    await this._send('post', '/runs/{run_id}/cancel', { run_id }, {});
  }

  /** Go on with a run; `task`: of one that has ended do only this task anew, and what waits for it. */
  async resume(run_id: string, task: string | null): Promise<void> {
    await this._send('post', '/runs/{run_id}/resume', { run_id }, { task });
  }

  /** A run as a saved notebook shows it. */
  async picture(run_id: string): Promise<RunPicture> {
    return this._get('/runs/{run_id}/picture', { run_id });
  }

  async metrics(run_id: string): Promise<Metrics> {
    return (await this._get('/runs/{run_id}/metrics', { run_id })).tasks;
  }

  /** How metrics went that were logged more than once. */
  async series(run_id: string): Promise<RunSeries> {
    return (await this._get('/runs/{run_id}/series', { run_id })).tasks;
  }

  async artifacts(run_id: string): Promise<readonly Artifact[]> {
    return (await this._get('/runs/{run_id}/artifacts', { run_id })).artifacts;
  }

  /**
   * The end of a task's log, or with `before` what stands in front of that byte, and where it begins: whole lines, but
   * for one that is longer than what is asked for at a time.
   */
  async log(run_id: string, task: string, before?: number): Promise<{ text: string; start: number }> {
    const range = before === undefined ? `-${LOG_BYTES}` : `${Math.max(0, before - LOG_BYTES)}-${before - 1}`;
    const headers = { Range: `bytes=${range}` };
    const response = await this._response('get', logAddress(run_id, task), undefined, headers);
    if (response.status === 416) {
      return { text: '', start: 0 }; // nothing has been printed
    }
    const first = Number(/\d+/.exec(response.headers.get('Content-Range') ?? '')?.[0] ?? 0);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const skipped = first === 0 ? 0 : beginningIn(bytes);
    return { text: new TextDecoder().decode(bytes.subarray(skipped)), start: first + skipped };
  }

  /** What happened to a task, by its run and by the cluster. */
  async taskEvents(run_id: string, task: string): Promise<TaskEvents> {
    return this._get('/runs/{run_id}/tasks/{task}/events', { run_id, task });
  }

  /** The pod of a task of a run on a cluster. */
  async taskPod(run_id: string, task: string): Promise<TaskPod> {
    return this._get('/runs/{run_id}/tasks/{task}/pod', { run_id, task });
  }

  /** The notebook that a task executed, as far as it got. */
  async executedNotebook(run_id: string, task: string): Promise<INotebookContent> {
    const notebook = await this._get('/runs/{run_id}/tasks/{task}/notebook', { run_id, task });
    return notebook as INotebookContent;
  }

  async outputs(run_id: string): Promise<readonly CellOutputs[]> {
    return (await this._get('/runs/{run_id}/outputs', { run_id })).cells;
  }

  /** The text at the address of an artifact's bytes. */
  async content(path: string): Promise<string> {
    return this._text('get', path);
  }

  /** The address of a thing that the browser itself loads, such as a picture. */
  address(path: string): string {
    return URLExt.join(this.settings.baseUrl, 'kfnb/api', path);
  }

  /** The stream of a run's events after a batch. */
  stream(run_id: string, after: number): WebSocket {
    return this._socket(`${addressOf('/runs/{run_id}', { run_id })}/events`, after);
  }

  /** The stream that says when lists of runs are others now; `after`: the number of what was heard last. */
  changes(after: number | null): WebSocket {
    return this._socket('/changes', after ?? '');
  }

  private _socket(path: string, after: number | string): WebSocket {
    const query = new URLSearchParams({ after: String(after) });
    if (this.settings.appendToken && this.settings.token !== '') {
      query.set('token', this.settings.token);
    }
    const address = URLExt.join(this.settings.wsUrl, 'kfnb/api', path);
    return new this.settings.WebSocket(`${address}?${query}`);
  }

  private async _get<A extends Address<'get'>>(
    address: A,
    names: Names<A>,
    query?: URLSearchParams
  ): Promise<Answer<'get', A>> {
    const question = query === undefined ? '' : `?${query}`;
    return JSON.parse(await this._text('get', addressOf(address, names) + question));
  }

  private async _send<M extends Exclude<Method, 'get'>, A extends Address<M>>(
    method: M,
    address: A,
    names: Names<A>,
    ...[body]: Sent<M, A> extends undefined ? [] : [Sent<M, A>]
  ): Promise<Answer<M, A>> {
    return JSON.parse(await this._text(method, addressOf(address, names), body));
  }

  private async _text(method: Method, path: string, body?: unknown): Promise<string> {
    return (await this._response(method, path, body)).text();
  }

  private async _response(
    method: Method,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>
  ): Promise<Response> {
    const init = {
      method: method.toUpperCase(),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(headers === undefined ? {} : { headers })
    };
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(this.address(path), init, this.settings);
    } catch (error) {
      throw new ApiError(trans.__('The Jupyter server cannot be reached: %1', (error as Error).message), 0);
    }
    if (response.ok || response.status === 416) {
      return response;
    }
    throw failure(response.status, await response.text());
  }
}

/** Where the first line begins that a piece of a log has whole; of one that is a part of one line, its first character. */
function beginningIn(bytes: Uint8Array): number {
  const line = bytes.indexOf(NEWLINE) + 1;
  return line > 0 && line < bytes.length ? line : Math.max(0, bytes.findIndex(isCharacter));
}

/** Whether a character of UTF-8 begins with this byte. */
function isCharacter(byte: number): boolean {
  return (byte & 0xc0) !== 0x80;
}

/** The address of a task's log. */
export function logAddress(run_id: string, task: string): string {
  return addressOf('/runs/{run_id}/tasks/{task}/log', { run_id, task });
}

function failure(status: number, text: string): ApiError {
  try {
    const said = JSON.parse(text) as Partial<Failure>;
    return new ApiError(said.message ?? text, status, said.fix, said.diagnostics);
  } catch {
    const what =
      status === 404
        ? trans.__('The Jupyter server does not know kfnb; the panel at the right says what to type there.')
        : trans.__('The Jupyter server answered %1.', status);
    return new ApiError(what, status, null, [], status === HUB_ALONE || GATEWAYS.includes(status));
  }
}

/** Whether what was asked is away now and may answer later. */
export function isAway(error: unknown): boolean {
  return error instanceof ApiError && error.isAway;
}
