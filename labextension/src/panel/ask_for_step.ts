/** Asks for the name of the step that begins at the active cell. */

import { InputDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { stepNameIn } from '../model/tags';
import type { OpenNotebook } from '../notebook/open_notebook';
import { nameStep, renamingProblem } from './cell_role';

/** Ask, and write the tag. */
export async function askForStep(notebook: OpenNotebook, trans: TranslationBundle): Promise<void> {
  const active = notebook.panel.content.activeCell;
  const cell = notebook.cells.find(({ id }) => id === active?.model.id);
  if (cell === undefined) {
    return;
  }
  const answer = await InputDialog.getText({
    title: trans.__('The step that begins at this cell'),
    label: trans.__('Name'),
    text: stepNameIn(cell) ?? '',
    placeholder: trans.__('such as: train'),
    okLabel: trans.__('Set')
  });
  if (answer.button.accept && answer.value !== null) {
    const problem = renamingProblem(notebook, cell, answer.value);
    if (problem !== null) {
      await showErrorMessage(trans.__('The step keeps its name'), problem);
    }
    nameStep(notebook, cell, answer.value);
  }
  notebook.panel.content.activate();
}
