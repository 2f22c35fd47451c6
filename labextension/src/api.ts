/** The server's half, asked over HTTP and its stream of events. Nothing here decides anything. */

import { URLExt } from '@jupyterlab/coreutils';
import type { INotebookContent } from '@jupyterlab/nbformat';
import { ServerConnection } from '@jupyterlab/services';

import type {
  Analysis,
  Artifact,
  CellOutputs,
  CheckRequest,
  CheckResult,
  Cluster,
  ClusterFile,
  Comparison,
  Finding,
  Metrics,
  Placement,
  RunDocument,
  RunPage,
  RunRequest,
  RunRow,
  RunSeries,
  Suggestion,
  TaskEvents,
  TaskPod
} from './model/documents';

import type { PlacementKind } from './model/placement';

/** Why the server did not do what was asked: what, and what to do. `status` 0: it could not be reached. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly fix: string | null = null,
    readonly findings: readonly Finding[] = []
  ) {
    super(message);
  }

  /** Whether the server does not know kfnb's addresses at all. */
  get isMissing(): boolean {
    return this.status === 404;
  }
}

/** The addresses below `kfnb/api/` of the server that JupyterLab speaks to. */
export class Api {
  constructor(readonly settings: ServerConnection.ISettings) {}

  async version(): Promise<{ version: string; python: string; home: string }> {
    return this._json('version');
  }

  /** `notebook`: what is open, saved or not. `view`: of several requests of one view only the newest is answered. */
  async analyse(path: string, notebook: unknown, view: string): Promise<Analysis> {
    return this._json('analyse', { path, notebook, view });
  }

  /** Steps that could be made of a notebook; nothing is changed. */
  async suggest(path: string, notebook: unknown): Promise<Suggestion> {
    return this._json('suggest', { path, notebook });
  }

  /** The file of cluster profiles. */
  async clusterFile(): Promise<ClusterFile> {
    return this._json('clusters');
  }

  /** Write a profile: a new one, or with `replaces` in the place of the one of that name. */
  async writeCluster(name: string, settings: Cluster['settings'], replaces: boolean): Promise<ClusterFile> {
    return this._json(clusterAddress(name), { settings, replace: replaces }, 'PUT');
  }

  /** Take a profile out of the file; what is in the cluster stays. */
  async removeCluster(name: string): Promise<ClusterFile> {
    return this._json(clusterAddress(name), undefined, 'DELETE');
  }

  async makeDefault(name: string): Promise<ClusterFile> {
    return this._json(`${clusterAddress(name)}/default`, {});
  }

  /** What stands against a run, looked at before it is started; nothing is run. */
  async check(request: CheckRequest): Promise<CheckResult> {
    return this._json('check', request);
  }

  /** An affinity or pod patch that a person wrote in YAML or JSON, checked; ApiError says what is wrong with it. */
  async readPlacement(kind: PlacementKind, text: string): Promise<Placement> {
    return this._json('placement', { kind, text });
  }

  /** One as it stands in the notebook's metadata, to be shown as YAML. */
  async writtenPlacement(kind: PlacementKind, value: Placement['value']): Promise<Placement> {
    return this._json('placement', { kind, value });
  }

  async start(request: RunRequest): Promise<{ run_id: string; warnings: readonly Finding[] }> {
    return this._json('runs', request);
  }

  /** The newest runs of a notebook. */
  async runsOf(path: string, limit: number): Promise<readonly RunRow[]> {
    const query = URLExt.objectToQueryString({ notebook: path, limit });
    return (await this._json<{ runs: readonly RunRow[] }>(`runs${query}`)).runs;
  }

  /** The ids of all runs that go on, whoever started them. */
  async livingRuns(): Promise<readonly string[]> {
    const states = ['PENDING', 'RUNNING', 'CANCELING'].map(state => ['state', state]);
    const query = new URLSearchParams([...states, ['archived', 'too'], ['limit', '1000']]);
    const { runs } = await this._json<RunPage>(`runs?${query}`);
    return runs.filter(({ interrupted }) => !interrupted).map(({ run_id }) => run_id);
  }

  /** A page of all runs that pass the filters, in the order that is asked for. */
  async runs(question: URLSearchParams): Promise<RunPage> {
    return this._json(`runs?${question}`);
  }

  /** The names of all experiments, the one with the newest run first. */
  async experiments(): Promise<readonly string[]> {
    return (await this._json<{ experiments: readonly string[] }>('experiments')).experiments;
  }

  async compare(ids: readonly string[]): Promise<Comparison> {
    return this._json(`compare?${new URLSearchParams(ids.map(id => ['run', id]))}`);
  }

  /** Take a run out of the lists, or put it back; all of it is kept. */
  async archive(id: string, undo: boolean): Promise<void> {
    await this._json(runAddress(id, 'archive'), { undo });
  }

  /** Give a run tags, and take others off it. */
  async tag(id: string, add: readonly string[], remove: readonly string[]): Promise<void> {
    await this._json(runAddress(id, 'tags'), { add, remove });
  }

  /** Remove a run for good. */
  async remove(id: string): Promise<void> {
    await this._text(runAddress(id), undefined, 'DELETE');
  }

  async run(id: string): Promise<RunDocument> {
    return this._json(runAddress(id));
  }

  async cancel(id: string): Promise<void> {
    await this._json(runAddress(id, 'cancel'), {});
  }

  async resume(id: string): Promise<void> {
    await this._json(runAddress(id, 'resume'), {});
  }

  async metrics(id: string): Promise<Metrics> {
    return (await this._json<{ tasks: Metrics }>(runAddress(id, 'metrics'))).tasks;
  }

  /** How metrics went that were logged more than once. */
  async series(id: string): Promise<RunSeries> {
    return (await this._json<{ tasks: RunSeries }>(runAddress(id, 'series'))).tasks;
  }

  async artifacts(id: string): Promise<readonly Artifact[]> {
    return (await this._json<{ artifacts: readonly Artifact[] }>(runAddress(id, 'artifacts'))).artifacts;
  }

  /** All of a task's log. */
  async log(id: string, task: string): Promise<string> {
    return this._text(logAddress(id, task));
  }

  /** What happened to a task, by its run and by the cluster. */
  async taskEvents(id: string, task: string): Promise<TaskEvents> {
    return this._json(runAddress(id, 'tasks', task, 'events'));
  }

  /** The pod of a task of a run on a cluster. */
  async taskPod(id: string, task: string): Promise<TaskPod> {
    return this._json(runAddress(id, 'tasks', task, 'pod'));
  }

  /** The notebook that a task executed, as far as it got. */
  async executedNotebook(id: string, task: string): Promise<INotebookContent> {
    return this._json(runAddress(id, 'tasks', task, 'notebook'));
  }

  async outputs(id: string): Promise<readonly CellOutputs[]> {
    return (await this._json<{ cells: readonly CellOutputs[] }>(runAddress(id, 'outputs'))).cells;
  }

  /** The address of a thing that the browser itself loads, such as a picture. */
  address(path: string): string {
    return URLExt.join(this.settings.baseUrl, 'kfnb/api', path);
  }

  /** The stream of a run's events after a batch. */
  stream(id: string, after: number): WebSocket {
    const query = new URLSearchParams({ after: String(after) });
    if (this.settings.appendToken && this.settings.token !== '') {
      query.set('token', this.settings.token);
    }
    const address = URLExt.join(this.settings.wsUrl, 'kfnb/api', runAddress(id, 'events'));
    return new this.settings.WebSocket(`${address}?${query}`);
  }

  private async _json<T>(path: string, body?: unknown, method?: string): Promise<T> {
    return JSON.parse(await this._text(path, body, method)) as T;
  }

  private async _text(
    path: string,
    body?: unknown,
    method = body === undefined ? 'GET' : 'POST'
  ): Promise<string> {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(this.address(path), init, this.settings);
    } catch (error) {
      throw new ApiError(`The Jupyter server cannot be reached: ${(error as Error).message}`, 0);
    }
    const text = await response.text();
    if (response.ok) {
      return text;
    }
    throw failure(response.status, text);
  }
}

/** The address of a run, or of a part of it. */
export function runAddress(id: string, ...parts: string[]): string {
  return ['runs', id, ...parts].map(encodeURIComponent).join('/');
}

function clusterAddress(name: string): string {
  return `clusters/${encodeURIComponent(name)}`;
}

/** The address of a task's log. */
export function logAddress(id: string, task: string): string {
  return runAddress(id, 'tasks', task, 'log');
}

function failure(status: number, text: string): ApiError {
  try {
    const said = JSON.parse(text) as { message?: string; fix?: string; diagnostics?: Finding[] };
    return new ApiError(said.message ?? text, status, said.fix ?? null, said.diagnostics ?? []);
  } catch {
    const what =
      status === 404
        ? 'The Jupyter server does not know kfnb; the panel at the right says what to type there.'
        : `The Jupyter server answered ${status}.`;
    return new ApiError(what, status);
  }
}
