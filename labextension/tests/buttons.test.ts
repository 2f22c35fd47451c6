/** Whatever a button does is done by a command too, so that all can be done from the palette; what is not says why. */

import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';

import { CommandIds, OPEN_RUNS, PageCommandIds } from '../src/plugins/command_ids';

const [OF, PAGE] = [CommandIds, PageCommandIds];

/** What does the same as the buttons of a file: by the file and what the button says that it does. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'graph/view.ts made': [OF.zoomIn, OF.zoomOut, OF.fitGraph],
  'notebook/chips.ts made': [OF.showStep, OF.foldStep],
  'panel/cluster_editor.tsx leave-cluster': [OF.leaveCluster],
  'panel/cluster_editor.tsx save-cluster': [OF.saveCluster],
  'panel/clusters_tab.tsx add': [OF.addCluster],
  'panel/clusters_tab.tsx edit': [OF.editCluster],
  'panel/clusters_tab.tsx make-default': [OF.makeDefaultCluster],
  'panel/clusters_tab.tsx remove': [OF.forgetCluster],
  'panel/element_field.tsx open-element': [OF.showElement, PAGE.element],
  'panel/empty_panel.tsx open-example': [OF.openExample],
  'panel/findings.tsx {finding.code}': [OF.fixFinding],
  'panel/home_note.tsx close-home': [OF.closeHomeNote],
  'panel/home_note.tsx undo-home': [OF.takeBack],
  'panel/load_button.tsx load': [OF.loadInputs, OF.loadArtifact],
  'panel/log_pane.tsx download': [OF.downloadLog, PAGE.download],
  'panel/log_pane.tsx earlier': [OF.earlierLog, PAGE.earlier],
  'panel/preflight.tsx check': [OF.checkRun],
  'panel/proposal.tsx apply-suggestion': [OF.applySuggestion],
  'panel/proposal.tsx dismiss-suggestion': [OF.dismissSuggestion],
  'panel/run_form.tsx run': [OF.startRun],
  'panel/run_head.tsx cancel': [OF.cancelRun, PAGE.cancel],
  'panel/run_head.tsx resume': [OF.resumeRun, PAGE.resume],
  'panel/run_view.tsx bring-home': [OF.bringHome],
  "panel/step_actions.tsx {id.replace('kfnb:', '')}": [
    OF.runFromStep,
    OF.runOnlyStep,
    OF.runUpToStep,
    OF.retryStep
  ],
  'panel/suggest_steps.tsx suggest': [OF.suggestSteps],
  // The tabs of the panel, and those of a task.
  'panel/tabs.tsx {tab.name}': [
    ...[OF.openPanel, OF.showStep, OF.showPipeline, OF.runNotebook, OF.showClusters],
    ...[OF.showLog, OF.showEvents, OF.showPod, PAGE.log, PAGE.events, PAGE.pod]
  ],
  'panel/task_details.tsx open-executed': [OF.openExecuted, PAGE.executed],
  'panel/task_details.tsx show-cells': [OF.showCells],
  'panel/task_details.tsx show-failed-cell': [OF.showFailedCell],
  'run/living_runs.ts made': [OPEN_RUNS],
  'runs_page/actions.tsx {name}': [PAGE.compare, PAGE.tag, PAGE.archive, PAGE.delete, PAGE.refresh],
  'runs_page/experiment.tsx read-again': [PAGE.refresh],
  'runs_page/filter_bar.tsx take-away': [PAGE.uncondition],
  'runs_page/list_parts.tsx next-page': [PAGE.next],
  'runs_page/list_parts.tsx previous-page': [PAGE.previous],
  'runs_page/run_tags.tsx take-off': [PAGE.untag],
  'runs_page/runs_page.tsx undo': [PAGE.undo],
  'runs_page/runs_table.tsx plot': [PAGE.plot]
};

const CHOOSES = 'It chooses one of what is listed.';
const FILLS_IN = 'It is part of filling in the field or the form that it stands in.';

/** What is no command, and why not. */
const NONE: Readonly<Record<string, string>> = {
  'charts/read_off.ts made': CHOOSES,
  'panel/field_input.tsx write-better': FILLS_IN,
  'panel/findings.tsx show-cell': CHOOSES,
  'panel/home_note.tsx show-cell': CHOOSES,
  'panel/proposal.tsx show-cell': CHOOSES,
  'panel/proposal.tsx show-cells': CHOOSES,
  'panel/reasoned_button.tsx none': 'Others are made of it, which say what they do.',
  'panel/results.tsx download': CHOOSES,
  'panel/step_tab.tsx undo': 'JupyterLab has the command: Undo Cell Operation.',
  'runs_page/experiment.tsx open': CHOOSES,
  'runs_page/filter_bar.tsx add-condition': FILLS_IN,
  'runs_page/list_parts.tsx choose-none': CHOOSES,
  'runs_page/run_tags.tsx add-tag': FILLS_IN,
  'runs_page/runs_table.tsx filter-by-tag': FILLS_IN,
  'runs_page/runs_table.tsx open': CHOOSES,
  'runs_page/runs_table.tsx {key}': CHOOSES
};

const BUTTONS = ['button', 'ReasonedButton', 'a'];
const SAYING = ['data-action', 'data-fix', 'data-sort', 'data-tab'];

/** The buttons of a file, by what they say that they do; `made`: by what draws without components. */
function buttonsOf(file: string): string[] {
  const text = readFileSync(`src/${file}`, 'utf-8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isJsxOpeningLikeElement(node) && BUTTONS.includes(node.tagName.getText())) {
      const said = node.attributes.properties
        .filter(ts.isJsxAttribute)
        .find(({ name }) => SAYING.includes(name.getText()));
      found.push(said?.initializer?.getText().replaceAll('"', '') ?? 'none');
    } else if (ts.isCallExpression(node)) {
      const isMade = ['html', 'createElement'].some(name => node.expression.getText().endsWith(name));
      const [tag] = node.arguments;
      if (isMade && tag !== undefined && ts.isStringLiteral(tag) && tag.text === 'button') {
        found.push('made');
      }
    }
    ts.forEachChild(node, look);
  };
  look(source);
  return found.map(name => `${file} ${name}`);
}

/** All files but those of widgets: in a cell's output no command is about anything. */
const files = readdirSync('src', { recursive: true, encoding: 'utf-8' })
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => /\.tsx?$/.test(file) && !file.startsWith('widget/'));

test('Each button is known by a command that does the same, or with a reason why there is none.', () => {
  const found = new Set(files.flatMap(buttonsOf));
  expect([...found].sort()).toEqual([...Object.keys(COMMANDS), ...Object.keys(NONE)].sort());
});

test('What a button is drawn of is found, whatever it is written as.', () => {
  expect(buttonsOf('panel/step_tab.tsx')).toEqual(['panel/step_tab.tsx undo']);
  expect(buttonsOf('notebook/chips.ts')).toEqual(Array(2).fill('notebook/chips.ts made'));
});
