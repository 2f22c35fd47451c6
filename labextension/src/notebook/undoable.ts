/**
 * Makes what a notebook's metadata say of its steps part of the notebook's undo, as the tags are.
 *
 * JupyterLab undoes changes of cells alone. Of the metadata only kfnb's entry is joined to that: what a kernel that starts
 * writes beside it is no change that a person could take back.
 */

import type { NotebookPanel } from '@jupyterlab/notebook';

export const ENTRY = 'kfnb';

type SharedNotebook = NonNullable<NotebookPanel['content']['model']>['sharedModel'];

interface Transaction {
  /** What was changed in itself: by which keys. */
  readonly changed: ReadonlyMap<unknown, ReadonlySet<string | null>>;
  /** What was changed in itself or in a part of it. */
  readonly changedParentTypes: ReadonlyMap<unknown, unknown>;
}

/** What is needed of the library that the shared model is made of (Yjs). */
interface Shared {
  readonly ymeta: { get(key: string): unknown };
  readonly undoManager: {
    readonly scope: readonly unknown[];
    captureTransaction: (transaction: Transaction) => boolean;
    addToScope(type: unknown): void;
    /** Let the next change be undone by itself: what comes within half a second of another is undone with it else. */
    stopCapturing(): void;
  };
}

/** Have the notebook's undo and redo take back, and bring again, what is written into kfnb's entry of its metadata. */
export function makeUndoable(notebook: SharedNotebook): void {
  const { ymeta, undoManager } = notebook as unknown as Shared;
  if (undoManager.scope.includes(ymeta)) {
    return; // another view of the same notebook has done it
  }
  const [others, captures] = [[...undoManager.scope], undoManager.captureTransaction];
  undoManager.captureTransaction = transaction =>
    captures(transaction) &&
    (others.some(type => transaction.changedParentTypes.has(type)) ||
      transaction.changed.get(ymeta.get('metadata'))?.has(ENTRY) === true);
  undoManager.addToScope(ymeta);
}

/** Make changes that one undo takes back, and nothing else with them. */
export function undoneAlone(notebook: SharedNotebook, act: () => void): void {
  const { undoManager } = notebook as unknown as Shared;
  undoManager.stopCapturing();
  notebook.transact(act);
  undoManager.stopCapturing();
}
