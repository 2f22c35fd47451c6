/**
 * Puts what a run's cells showed under the cells of the open notebook: in its model, never in the file beneath it. However
 * often and from whatever runs outputs were brought, taking them back restores what stood there before the first of them.
 */

import type { ICodeCellModel } from '@jupyterlab/cells';
import type { IOutput } from '@jupyterlab/nbformat';
import { JSONExt } from '@lumino/coreutils';

import type { Api } from '../api';
import type { CellOutputs } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';

/** What a cell shows. */
type Shown = Pick<CellOutputs, 'outputs' | 'execution_count'>;

/** One cell: what stood under it before anything was brought home, and what was brought there last. */
interface Place {
  readonly before: Shown;
  readonly brought: Shown;
}

/**
 * What was done. `edited`: cells whose code is no longer that of the run; `gone`: how many are not there any more;
 * `other`: cells that were not taken back, as they have got other outputs since.
 */
export interface Homecoming {
  /** The run that was brought home last. */
  readonly run: string;
  /** What can be taken back, by the ids of the cells; none: that was done. */
  readonly places: ReadonlyMap<string, Place>;
  /** How many cells the last run wrote into. */
  readonly written: number;
  readonly edited: readonly string[];
  readonly gone: number;
  readonly other: readonly string[];
}

/** Bring the outputs of a run home; what was done stays with the notebook, so that it can be taken back later. */
export async function bringRunHome(notebook: OpenNotebook, run: string, api: Api): Promise<void> {
  bringHome(notebook, run, await api.outputs(run));
}

/** Write the outputs of a run into the notebook. Cells that were edited since are left alone. */
export function bringHome(notebook: OpenNotebook, run: string, outputs: readonly CellOutputs[]): void {
  const models = codeCells(notebook);
  const earlier = notebook.home?.places;
  const edited: string[] = [];
  const coming = new Map<ICodeCellModel, Shown>();
  const before = new Map<ICodeCellModel, Shown>();
  let gone = 0;
  for (const cell of outputs) {
    const model = models.get(cell.cell_id);
    if (model === undefined) {
      gone += 1;
    } else if (model.sharedModel.getSource() !== cell.source) {
      edited.push(cell.cell_id);
    } else {
      const place = earlier?.get(cell.cell_id);
      before.set(model, place !== undefined && shows(model, place.brought) ? place.before : shownBy(model));
      coming.set(model, cell);
    }
  }
  show(notebook, coming);
  const places = new Map(earlier);
  before.forEach((shown, model) => places.set(model.id, { before: shown, brought: shownBy(model) }));
  notebook.home = { run, places, written: coming.size, edited, gone, other: [] };
}

/** Put back what stood there before anything was brought home. Cells that have got other outputs since are left alone. */
export function takeBack(notebook: OpenNotebook): void {
  const { home } = notebook;
  const models = codeCells(notebook);
  const back = new Map<ICodeCellModel, Shown>();
  const other: string[] = [];
  for (const [id, { before, brought }] of home?.places ?? []) {
    const model = models.get(id);
    if (model !== undefined && shows(model, brought)) {
      back.set(model, before);
    } else if (model !== undefined) {
      other.push(id);
    }
  }
  show(notebook, back);
  const said = { places: new Map<string, Place>(), edited: [], gone: 0, other };
  notebook.home = home === null || other.length === 0 ? null : { ...home, ...said };
}

function codeCells(notebook: OpenNotebook): Map<string, ICodeCellModel> {
  const cells = [...notebook.panel.content.model!.cells].filter(({ type }) => type === 'code');
  return new Map(cells.map(cell => [cell.id, cell as ICodeCellModel]));
}

function shownBy(model: ICodeCellModel): Shown {
  return {
    outputs: model.outputs.toJSON() as unknown as Shown['outputs'],
    execution_count: model.executionCount ?? null
  };
}

function shows(model: ICodeCellModel, { outputs, execution_count }: Shown): boolean {
  const now = shownBy(model);
  return (
    now.execution_count === execution_count &&
    JSONExt.deepEqual(now.outputs as unknown as IOutput[], outputs as unknown as IOutput[])
  );
}

/**
 * Put outputs under the cells that are there, in the place of what stands there. That goes first, by itself: in one change
 * JupyterLab joins printed text that comes to text that goes, and takes away both.
 *
 * For the same reason it is no part of the notebook's undo, as outputs never are in JupyterLab: undone beside what a cell
 * has printed since, they would be mixed with that.
 */
function show(notebook: OpenNotebook, cells: ReadonlyMap<ICodeCellModel, Shown>): void {
  const shared = notebook.panel.content.model!.sharedModel;
  const change = (act: () => void): void => shared.transact(act, false);
  change(() => cells.forEach((_, { sharedModel }) => sharedModel.setOutputs([])));
  change(() =>
    cells.forEach(({ outputs, execution_count }, { sharedModel }) => {
      sharedModel.setOutputs(outputs as unknown as IOutput[]);
      sharedModel.execution_count = execution_count;
    })
  );
}
