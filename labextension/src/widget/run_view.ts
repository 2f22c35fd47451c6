/** A run in a notebook's output: its head, its graph, and the chosen task with metrics and log. Knows no widget library. */

import { CHART_STYLE, showValue } from '../charts';
import { GraphView, lookOfRun, nodeStatuses, statusLine, type Graph, type NodeStatus } from '../graph';
import { html, setText } from '../graph/svg';
import { pending, type State, type TaskStatus } from '../model/run_state';
import { plainText } from '../model/terminal_text';
import { trans } from '../model/words';
import { leaveKeys } from './keys';
import { drawnResults, type Results } from './results';
import { WIDGET_STYLE } from './style';

/** What the kernel says of a run; times are seconds since the epoch. */
export interface RunDocument {
  readonly name: string;
  readonly run_id: string;
  readonly state: State;
  readonly interrupted: boolean;
  readonly why: string | null;
  readonly tasks: readonly TaskStatus[];
  readonly metrics: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What a task printed; `cut` where the beginning is left out. */
export interface Log {
  readonly task: string;
  readonly text: string;
  readonly cut: boolean;
}

const LEAST_HEIGHT = 140;
const MOST_HEIGHT = 480;
const ASK_AGAIN_AFTER = 1000;

/** The run's picture in a host element, until `dispose`. `askForLog` is answered by `showLog`, when the kernel has time. */
export class RunView {
  private readonly _element: HTMLElement;
  private readonly _title = html('strong');
  private readonly _id = html('code');
  private readonly _state = html('span', { class: 'kfnb-live-state', role: 'status' });
  private readonly _why = html('div', { class: 'kfnb-live-why' });
  private readonly _canvas = html('div', { class: 'kfnb-live-graph' });
  private readonly _details = html('section', { class: 'kfnb-live-details' });
  private readonly _heading = html('h4');
  private readonly _facts = html('p');
  private readonly _log = html('pre', {
    class: 'kfnb-live-log',
    tabindex: 0,
    role: 'region',
    'aria-label': trans.__('Log')
  });
  private readonly _results = html('div', { class: 'kfnb-live-results' });
  private readonly _graph: GraphView;
  private _document: RunDocument | null = null;
  private _statuses: ReadonlyMap<string, NodeStatus> = new Map();
  private _isAsked = false;
  private _shownResults = '';
  private _timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    host: HTMLElement,
    private readonly _askKernel: (kind: 'log' | 'results', task: string) => void
  ) {
    const close = html(
      'button',
      { type: 'button', title: trans.__('Close'), 'aria-label': trans.__('Close') },
      ['✕']
    );
    close.addEventListener('click', () => this._choose(null));
    this._details.append(html('header', {}, [this._heading, close]), this._facts, this._results, this._log);
    this._details.hidden = true;
    this._element = html('div', { class: 'kfnb-live' }, [
      html('style', {}, [WIDGET_STYLE + CHART_STYLE]),
      html('div', { class: 'kfnb-live-head' }, [
        this._title,
        ` · ${trans.__('run')} `,
        this._id,
        ' ',
        this._state
      ]),
      this._why,
      this._canvas,
      this._details
    ]);
    leaveKeys(this._element);
    host.append(this._element);
    this._graph = new GraphView(this._canvas, { onChoose: name => this._choose(name) });
  }

  /** Draw the run's pipeline. */
  setGraph(graph: Graph): void {
    this._graph.setGraph(graph);
    const height = Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, this._graph.height + 8));
    this._canvas.style.height = `${height}px`;
    this._graph.fit();
  }

  /** Show how the run stands. */
  update(document: RunDocument): void {
    this._document = document;
    const look = lookOfRun(document);
    setText(this._title, document.name);
    setText(this._id, document.run_id);
    setText(this._state, `${look.icon} ${look.word}`);
    this._state.style.borderColor = look.colour;
    setText(this._why, document.why ?? '');
    const tasks = new Map(document.tasks.map(task => [task.name, task]));
    const chosen = this._graph.selected ?? '';
    const before = this._statuses.get(chosen)?.state;
    this._statuses = nodeStatuses({ ...pending([]), tasks, interrupted: document.interrupted });
    if (this._statuses.get(chosen)?.state !== before) {
      this._isAsked = false; // what is on its way may be from before
      this._ask(chosen);
    }
    this._graph.update(this._statuses);
    this._showDetails();
  }

  /** Show a log that was asked for; one of a task that is no longer chosen is left out. */
  showLog({ task, text, cut }: Log): void {
    if (task !== this._graph.selected) {
      return;
    }
    this._isAsked = false;
    const isAtEnd = this._log.scrollTop + this._log.clientHeight >= this._log.scrollHeight - 4;
    setText(
      this._log,
      (cut ? `[${trans.__('the beginning is left out')}]\n` : '') + plainText(text) ||
        trans.__('Nothing was printed.')
    );
    if (isAtEnd) {
      this._log.scrollTop = this._log.scrollHeight;
    }
    clearTimeout(this._timer);
    if (this._statuses.get(task)?.state === 'RUNNING') {
      this._timer = setTimeout(() => this._ask(task), ASK_AGAIN_AFTER);
    }
  }

  /** Show what a task has made; of a task that is no longer chosen, or what is shown already, nothing. */
  showResults(results: Results): void {
    const said = JSON.stringify(results);
    if (results.task === this._graph.selected && said !== this._shownResults) {
      this._shownResults = said;
      const open = [...this._results.querySelectorAll<HTMLDetailsElement>('details[open]')];
      const names = new Set(open.map(shown => shown.dataset.artifact!));
      this._results.replaceChildren(...drawnResults(results, names));
    }
  }

  /** Remove everything. */
  dispose(): void {
    clearTimeout(this._timer);
    this._graph.dispose();
    this._element.remove();
  }

  private _choose(name: string | null): void {
    this._graph.select(name);
    this._results.replaceChildren();
    this._shownResults = '';
    this._details.hidden = name === null;
    this._showDetails();
    if (name !== null) {
      setText(
        this._log,
        trans.__('The kernel is asked for the log; a busy one answers when its cell is done.')
      );
      this._isAsked = false;
      this._ask(name);
    }
  }

  private _ask(task: string): void {
    // One question at a time: a kernel that is busy would have to answer all of them at once later.
    if (!this._isAsked && task === this._graph.selected) {
      this._isAsked = true;
      this._askKernel('log', task);
      this._askKernel('results', task);
    }
  }

  private _showDetails(): void {
    const name = this._graph.selected;
    if (name === null || this._document === null) {
      return;
    }
    const status = this._statuses.get(name);
    const metrics = Object.entries(this._document.metrics[name] ?? {});
    const parts = metrics.map(([metric, value]) => `${metric} = ${showValue(value)}`);
    // No time that passes: what is beside the graph is drawn anew only when there is news.
    const shown =
      status === undefined ? undefined : { ...status, started: status.finished ? status.started : null };
    setText(this._heading, `${name}  ${statusLine(shown, 0)}`);
    setText(this._facts, [status?.why ?? '', ...parts].filter(part => part !== '').join(' · '));
  }
}
