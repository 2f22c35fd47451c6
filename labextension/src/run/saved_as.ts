/**
 * Hands what is filled in for a run on to the file that a notebook is saved as: JupyterLab closes the one and opens the
 * other. Runs stay with the file that they are of.
 */

import type { Contents } from '@jupyterlab/services';

import { handOnForm } from '../model/filled_form';
import type { OpenNotebook } from '../notebook/open_notebook';
import type { OpenNotebooks } from '../notebook/open_notebooks';

type Shared = OpenNotebook['panel']['context'];

/** Hand forms on from now on. `server`: its address. */
export function handOnForms(notebooks: OpenNotebooks, contents: Contents.IManager, server: string): void {
  const saving = new WeakSet<Shared>(); // also those of which a person has cancelled it: nothing tells of that
  const watch = ({ panel: { context } }: OpenNotebook): void => {
    context.saveState.connect((_, state) => {
      if (state === 'started') {
        saving.add(context);
      } else {
        saving.delete(context);
      }
    });
  };
  [...notebooks].forEach(watch);
  notebooks.added.connect((_, notebook) => watch(notebook));
  contents.fileChanged.connect((_, { type, newValue }) => {
    const { current } = notebooks;
    const path = type === 'save' && newValue?.type === 'notebook' ? newValue.path : undefined;
    if (path === undefined || current === null || notebooks.isOpen(path)) {
      return;
    }
    if (saving.delete(current.panel.context)) {
      handOnForm(server, contents.localPath(path), current.draft.form);
    }
  });
}
