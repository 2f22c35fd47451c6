/**
 * Findings underlined in the code that they are about; those about a cell as a whole stand in its chip (chips.ts).
 *
 * The marks are decorations of the cells' own editors: they move with the text as it is written, until the server has
 * looked at it anew. An editor that is made later, when its cell comes into view, gets them then.
 */

import type { Cell } from '@jupyterlab/cells';
import { StateEffect, StateField, type Range, type Text } from '@codemirror/state';
import { Decoration, EditorView, type DecorationSet } from '@codemirror/view';

import type { Analysis, Finding } from '../model/documents';
import { saidWithFix } from '../model/findings';
import { underlined } from '../model/underlined';
import type { OpenNotebook } from './open_notebook';
import { redrawn } from './redrawn';

const setMarks = StateEffect.define<DecorationSet>();

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (shown, transaction) =>
    transaction.effects.reduce(
      (found, effect) => (effect.is(setMarks) ? effect.value : found),
      shown.map(transaction.changes)
    ),
  provide: field => EditorView.decorations.from(field)
});

/** Keeps the underlines of one notebook right. */
export class Underlines {
  private readonly _notebook: OpenNotebook;
  private readonly _shown = new WeakMap<EditorView, Analysis>();
  private readonly _awaited = new WeakSet<Cell>();
  private readonly _schedule: () => void;

  constructor(notebook: OpenNotebook) {
    this._notebook = notebook;
    this._schedule = redrawn(notebook, () => this._draw());
  }

  private _draw(): void {
    const { analysis, isDisposed, panel } = this._notebook;
    if (isDisposed || analysis === null || panel.content.model === null) {
      return;
    }
    for (const cell of panel.content.widgets) {
      const view = viewOf(cell);
      if (view === null) {
        this._await(cell);
      } else if (this._shown.get(view) !== analysis) {
        this._shown.set(view, analysis);
        const found = analysis.diagnostics.filter(({ cell_id }) => cell_id === cell.model.id);
        show(view, found);
      }
    }
  }

  /** Look again when a cell has its editor. */
  private _await(cell: Cell): void {
    if (!this._awaited.has(cell)) {
      this._awaited.add(cell);
      void cell.ready.then(() => this._schedule());
    }
  }
}

/** The view of a cell's editor: null while it has none, or one that is not CodeMirror's. */
function viewOf(cell: Cell): EditorView | null {
  const { editor } = cell as { editor: { editor?: unknown } | null };
  return editor?.editor instanceof EditorView ? editor.editor : null;
}

function show(view: EditorView, findings: readonly Finding[]): void {
  const isKnown = view.state.field(marks, false) !== undefined;
  if (!isKnown && findings.length === 0) {
    return;
  }
  const ranges = findings.flatMap(finding => markOf(finding, view.state.doc) ?? []);
  if (!isKnown) {
    view.dispatch({ effects: StateEffect.appendConfig.of(marks) }); // a field sees no effect of the change that adds it
  }
  view.dispatch({ effects: setMarks.of(Decoration.set(ranges, true)) });
}

function markOf(finding: Finding, text: Text): Range<Decoration> | null {
  if (finding.line === null || finding.line < 1 || finding.line > text.lines) {
    return null;
  }
  const line = text.line(finding.line);
  const part = underlined(line.text, finding.column);
  if (part === null) {
    return null;
  }
  return Decoration.mark({
    class: 'kfnb-underlined',
    attributes: { 'data-code': finding.code, 'data-severity': finding.severity, title: saidWithFix(finding) }
  }).range(line.from + part[0], line.from + part[1]);
}
