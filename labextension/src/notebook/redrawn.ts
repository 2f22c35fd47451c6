/** Draws what is shown inside a notebook's cells anew whenever it may have changed, once a frame at the most. */

import type { OpenNotebook } from './open_notebook';

/** Have `draw` called now and after each change of a notebook; what is returned asks for it at other times. */
export function redrawn(notebook: OpenNotebook, draw: () => void): () => void {
  let isScheduled = false;
  const schedule = (): void => {
    if (!isScheduled) {
      isScheduled = true;
      requestAnimationFrame(() => {
        isScheduled = false;
        draw();
      });
    }
  };
  notebook.changed.connect(schedule);
  // JupyterLab 4.2 may not have this one yet
  notebook.panel.content.cellInViewportChanged?.connect(schedule);
  schedule();
  return schedule;
}
