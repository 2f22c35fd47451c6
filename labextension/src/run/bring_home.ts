/** Puts what a run's cells showed under the cells of the open notebook: in its model, never in the file beneath it. */

import type { ICodeCellModel } from '@jupyterlab/cells';
import type { IOutput } from '@jupyterlab/nbformat';

import type { Api } from '../api';
import type { CellOutputs } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';
import type { RunSession } from './session';

/** What was done. `edited`: cells whose code is no longer that of the run; `gone`: how many are not there any more. */
export interface Homecoming {
  readonly written: number;
  readonly edited: readonly string[];
  readonly gone: number;
  /** Puts back what stood there before. */
  readonly undo: () => void;
}

/** Bring the outputs of a run home; what was done stays with the run, so that it can be taken back later. */
export async function bringRunHome(notebook: OpenNotebook, session: RunSession, api: Api): Promise<void> {
  session.home = bringHome(notebook, await api.outputs(session.id));
}

/** Take back what was brought home from a run. */
export function takeBack(session: RunSession): void {
  session.home?.undo();
  session.home = null;
}

/** Write the outputs of a run into the notebook. Cells that were edited since are left alone. */
export function bringHome(notebook: OpenNotebook, outputs: readonly CellOutputs[]): Homecoming {
  const edited: string[] = [];
  const coming: CellOutputs[] = [];
  const before: CellOutputs[] = [];
  let gone = 0;
  for (const cell of outputs) {
    const model = codeCell(notebook, cell.cell_id);
    if (model === null) {
      gone += 1;
    } else if (model.sharedModel.getSource() !== cell.source) {
      edited.push(cell.cell_id);
    } else {
      before.push(shownBy(model));
      coming.push(cell);
    }
  }
  show(notebook, coming);
  return { written: before.length, edited, gone, undo: () => show(notebook, before) };
}

function codeCell(notebook: OpenNotebook, id: string): ICodeCellModel | null {
  for (const cell of notebook.panel.content.model!.cells) {
    if (cell.id === id && cell.type === 'code') {
      return cell as ICodeCellModel;
    }
  }
  return null;
}

function shownBy(model: ICodeCellModel): CellOutputs {
  return {
    cell_id: model.id,
    source: model.sharedModel.getSource(),
    outputs: model.outputs.toJSON() as unknown as CellOutputs['outputs'],
    execution_count: model.executionCount ?? null
  };
}

/**
 * Put outputs under the cells that are there, in the place of what stands there. That goes first, by itself: in one change
 * JupyterLab joins printed text that comes to text that goes, and takes away both.
 */
function show(notebook: OpenNotebook, cells: readonly CellOutputs[]): void {
  const shown = cells.flatMap(cell => {
    const model = codeCell(notebook, cell.cell_id);
    return model === null ? [] : [{ shared: model.sharedModel, cell }];
  });
  notebook.change(() => shown.forEach(({ shared }) => shared.setOutputs([])));
  notebook.change(() =>
    shown.forEach(({ shared, cell }) => {
      shared.setOutputs(cell.outputs as unknown as IOutput[]);
      shared.execution_count = cell.execution_count;
    })
  );
}
