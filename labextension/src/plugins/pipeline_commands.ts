/** Commands about the pipeline as a whole: run it, take what was proposed or mended for it, look at its graph. */

import type { GraphView } from '../graph';
import { graphInSight } from '../panel/shown_graphs';
import { mendable, whyNoApplying, whyNoMending } from '../run/reasons';
import { whyNot } from '../run/request';
import type { Consent } from '../run/start';
import { CommandIds } from './command_ids';
import { addAboutNotebook, addReasoned, type NotebookCommandParts } from './reasoned';

export interface PipelineCommandParts extends NotebookCommandParts {
  readonly consent: Consent;
  /** Bring the run, or why there is none, before the person's eyes. */
  readonly showRun: () => void;
}

/** Add the commands to JupyterLab. */
export function addPipelineCommands(parts: PipelineCommandParts): void {
  const { consent, trans, showRun } = parts;
  addAboutNotebook(parts, CommandIds.startRun, {
    label: trans.__('Start the Run'),
    caption: trans.__('Run the pipeline as the form of the run is filled in'),
    why: notebook => whyNot(notebook, trans),
    execute: async ({ draft }) => {
      showRun();
      await draft.startFilledIn(consent, trans);
    }
  });
  addAboutNotebook(parts, CommandIds.applySuggestion, {
    label: trans.__('Write the Suggested Tags'),
    caption: trans.__('Tag the cells as it is suggested; one Undo takes that back'),
    why: notebook => whyNoApplying(notebook, trans),
    execute: async notebook => (await import('../notebook/suggesting')).applySuggestion(notebook)
  });
  addAboutNotebook(parts, CommandIds.dismissSuggestion, {
    label: trans.__('Leave the Suggested Steps'),
    caption: trans.__('Forget what is suggested; nothing is changed'),
    why: ({ suggesting }) => (suggesting.found === null ? trans.__('No steps are suggested.') : null),
    execute: ({ suggesting }) => suggesting.end()
  });
  addAboutNotebook(parts, CommandIds.fixFinding, {
    label: trans.__('Fix the First Finding'),
    caption: trans.__('Make the change that mends the first finding that has one, and show the cell'),
    why: notebook => whyNoMending(notebook, trans),
    execute: async notebook => {
      const { withChanges } = await import('../model/tags');
      const { apply } = mendable(notebook)!;
      notebook.writeTags(withChanges(notebook.cells, [apply!]));
      await notebook.select([apply!.cell_id]);
    }
  });
  addLooks(parts);
}

/** Add the commands that look at the graph in another way. */
function addLooks({ app, trans }: PipelineCommandParts): void {
  const looks: readonly (readonly [string, string, string, (graph: GraphView) => void])[] = [
    [
      CommandIds.zoomIn,
      trans.__('Zoom the Graph In'),
      trans.__('Show the graph of the pipeline larger'),
      graph => graph.zoom(1)
    ],
    [
      CommandIds.zoomOut,
      trans.__('Zoom the Graph Out'),
      trans.__('Show the graph of the pipeline smaller'),
      graph => graph.zoom(-1)
    ],
    [
      CommandIds.fitGraph,
      trans.__('Show the Whole Graph'),
      trans.__('Fit the graph of the pipeline into what is seen of it'),
      graph => graph.fit()
    ]
  ];
  const whyNoGraph = (): string | null =>
    graphInSight() === null ? trans.__('No graph is shown: Show Pipeline shows it.') : null;
  for (const [id, label, caption, look] of looks) {
    addReasoned(app.commands, id, {
      label,
      caption,
      why: whyNoGraph,
      execute: () => look(graphInSight()!)
    });
  }
  const chosen = (): string | null => graphInSight()?.chosenFanOut ?? null;
  addReasoned(app.commands, CommandIds.foldFanOut, {
    label: trans.__('Unfold or Fold the Fan-Out'),
    caption: trans.__('Draw the elements of the fan-out that was clicked in the graph, or none of them'),
    why: () => whyNoGraph() ?? (chosen() === null ? trans.__('Click a fan-out in the graph first.') : null),
    execute: () => graphInSight()!.toggle(chosen()!)
  });
}
