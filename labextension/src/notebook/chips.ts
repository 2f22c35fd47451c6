/**
 * The chip above each tagged cell and the bar of a step's colour along its cells.
 *
 * They are nodes of ours inside the cell's own, so they come and go with it when the notebook is windowed.
 */

import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';

import { nodeStatuses, statusLine, type NodeStatus } from '../graph';
import { stepColour } from '../model/colours';
import type { Finding, Step } from '../model/documents';
import { iconOf, saidWithFix, severityOf, withoutLine } from '../model/findings';
import { roleIn, stepNameIn } from '../model/tags';
import { badgesOf } from '../model/badges';
import type { OpenNotebook } from './open_notebook';
import { redrawn } from './redrawn';

/** What a chip says. */
interface ChipText {
  readonly title: string;
  readonly parts: readonly string[];
  readonly state: string;
  readonly stateText: string;
  readonly why: string;
  /** The step that the chip folds; null where it folds none. */
  readonly folds: string | null;
  readonly isFolded: boolean;
  /** What is wrong or doubtful with the cell as a whole, for which no line of its code can be underlined. */
  readonly problems: readonly Finding[];
}

const PLAIN = { title: '', parts: [], state: '', stateText: '', why: '', folds: null, isFolded: false };

/** How often the time of a step that runs is shown anew. */
const TICK_MS = 1000;

/** Keeps the chips of one notebook right. `onChoose` is told the cell whose chip was clicked. */
export class Chips {
  private readonly _notebook: OpenNotebook;
  private readonly _trans: TranslationBundle;
  private readonly _onChoose: (cell: Cell) => void;
  private _clock: ReturnType<typeof setTimeout> | undefined;

  constructor(notebook: OpenNotebook, trans: TranslationBundle, onChoose: (cell: Cell) => void) {
    this._notebook = notebook;
    this._trans = trans;
    this._onChoose = onChoose;
    const draw = redrawn(notebook, () => {
      clearTimeout(this._clock);
      if (this._draw()) {
        this._clock = setTimeout(draw, TICK_MS);
      }
    });
    notebook.folding.changed.connect(draw);
  }

  /** Draw all chips; say whether one shows a time that goes on. */
  private _draw(): boolean {
    if (this._notebook.isDisposed || this._notebook.panel.content.model === null) {
      return false;
    }
    const owners = this._owners();
    const { session } = this._notebook;
    const stands = session === null ? null : nodeStatuses(session.status);
    const seen = new Set<string>();
    const cells = new Map(this._notebook.cells.map(cell => [cell.id, cell]));
    const found = withoutLine(this._notebook.analysis?.diagnostics ?? []);
    for (const cell of this._notebook.panel.content.widgets) {
      const said = cells.get(cell.model.id);
      const role = said?.isCode ? roleIn(said) : 'continues';
      const step = owners.get(cell.model.id) ?? null;
      const isFirst = step !== null && !seen.has(step);
      const isNamed = role === 'step' && stepNameIn(said!) !== null;
      const problems = found.get(cell.model.id) ?? [];
      if (step !== null) {
        seen.add(step);
      }
      this._paint(cell, step, isFirst);
      if (step !== null && (isNamed || isFirst)) {
        this._show(cell, { ...this._stepText(step, !isFirst, stands?.get(step)), problems });
      } else if (role !== 'step' && role !== 'continues') {
        const title = role === 'skip' ? this._trans.__('not in the pipeline') : role;
        this._show(cell, { ...PLAIN, title, problems });
      } else if (problems.length > 0) {
        this._show(cell, { ...PLAIN, problems });
      } else {
        cell.node.querySelector(':scope > .kfnb-chip')?.remove();
      }
    }
    return [...(stands?.values() ?? [])].some(isRunning);
  }

  /** The step of each cell, by tags and comments. */
  private _owners(): Map<string, string> {
    const owners = new Map<string, string>();
    for (const step of this._notebook.taggedSteps) {
      step.cells.forEach(cell => owners.set(cell.id, step.name));
    }
    return owners;
  }

  private _paint(cell: Cell, step: string | null, isFirst: boolean): void {
    if (this._notebook.folding.has(step)) {
      cell.node.dataset.kfnbFolded = isFirst ? 'first' : 'rest';
    } else {
      delete cell.node.dataset.kfnbFolded;
    }
    if (step === null) {
      delete cell.node.dataset.kfnbStep;
      cell.node.style.removeProperty('--kfnb-step-colour');
    } else {
      cell.node.dataset.kfnbStep = step;
      const colour = stepColour(this._notebook.colorIndex(step));
      if (cell.node.style.getPropertyValue('--kfnb-step-colour') !== colour) {
        cell.node.style.setProperty('--kfnb-step-colour', colour); // set anew, all that is in the cell is styled anew
      }
    }
  }

  private _stepText(
    name: string,
    isContinued: boolean,
    task: NodeStatus | undefined
  ): Omit<ChipText, 'problems'> {
    const seen = this._notebook.seen(name);
    return {
      title: isContinued ? this._trans.__('%1, continued', name) : name,
      parts: isContinued ? [] : flowOf(seen, this._trans),
      state: task?.state ?? '',
      stateText: isContinued ? '' : statusLine(task, Date.now() / 1000),
      why: task?.why ?? '',
      folds: isContinued ? null : name,
      isFolded: this._notebook.folding.has(name)
    };
  }

  private _show(cell: Cell, text: ChipText): void {
    let chip = cell.node.querySelector<HTMLElement>(':scope > .kfnb-chip');
    if (chip === null) {
      chip = document.createElement('div');
      chip.className = 'kfnb-chip';
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'kfnb-chip-settings';
      button.addEventListener('click', () => this._onChoose(cell));
      chip.append(button);
    }
    if (cell.node.firstElementChild !== chip) {
      cell.node.prepend(chip); // what a windowed cell gets when it comes into view stands in front of it
    }
    const said = JSON.stringify(text);
    if (chip.dataset.said === said) {
      return;
    }
    chip.dataset.said = said;
    chip.dataset.state = text.state;
    this._showFold(chip, text);
    const button = chip.querySelector<HTMLButtonElement>('.kfnb-chip-settings')!;
    button.title = text.why || this._hint(text);
    button.replaceChildren(
      ...(text.title === '' ? [] : [piece('kfnb-chip-name', text.title)]),
      ...text.problems.map(problem => this._mark(problem)),
      ...text.parts.map(part => piece('kfnb-chip-part', part)),
      ...(text.stateText === '' ? [] : [piece('kfnb-chip-state', text.stateText)])
    );
  }

  private _hint({ title }: ChipText): string {
    return title === '' ? this._trans.__('What this cell is for') : this._trans.__('Settings of this step');
  }

  private _mark(problem: Finding): HTMLElement {
    const mark = piece('kfnb-chip-problem', `${iconOf(problem)} ${problem.code}`);
    mark.dataset.code = problem.code;
    mark.dataset.severity = problem.severity;
    mark.title = saidWithFix(problem);
    mark.setAttribute('role', 'img');
    mark.setAttribute('aria-label', `${severityOf(problem, this._trans)}: ${problem.message}`);
    return mark;
  }

  /** The button that folds the cells of the chip's step, in front of the chip. */
  private _showFold(chip: HTMLElement, { folds, isFolded }: ChipText): void {
    let button = chip.querySelector<HTMLButtonElement>('.kfnb-chip-fold');
    if (folds === null) {
      button?.remove();
      return;
    }
    if (button === null) {
      button = document.createElement('button');
      button.type = 'button';
      button.className = 'kfnb-chip-fold';
      button.addEventListener('click', () => this._notebook.folding.toggle(chip.dataset.folds!));
      chip.prepend(button);
    }
    chip.dataset.folds = folds;
    button.textContent = isFolded ? '▸' : '▾';
    button.title = isFolded
      ? this._trans.__('Show the cells of %1', folds)
      : this._trans.__('Hide the cells of %1', folds);
    button.setAttribute('aria-label', button.title);
    button.setAttribute('aria-expanded', String(!isFolded));
  }
}

function piece(className: string, text: string): HTMLElement {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = text;
  return made;
}

function flowOf(step: Step | null, trans: TranslationBundle): string[] {
  if (step === null) {
    return [];
  }
  return [
    ...(step.inputs.length > 0 ? [trans.__('in: %1', step.inputs.join(', '))] : []),
    ...(step.outputs.length > 0 ? [trans.__('out: %1', step.outputs.join(', '))] : []),
    ...badgesOf(step)
  ];
}

function isRunning({ started, finished }: NodeStatus): boolean {
  return typeof started === 'number' && typeof finished !== 'number';
}
