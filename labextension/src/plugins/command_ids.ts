/** The ids of the commands, as schema/plugin.json names them. */
export const CommandIds = {
  openPanel: 'kfnb:open-panel',
  nameStep: 'kfnb:name-step',
  runNotebook: 'kfnb:run-notebook',
  showPipeline: 'kfnb:show-pipeline',
  showClusters: 'kfnb:show-clusters',
  openExample: 'kfnb:open-example',
  openExecuted: 'kfnb:open-executed-notebook',
  runFromStep: 'kfnb:run-from-step',
  runOnlyStep: 'kfnb:run-only-step',
  runUpToStep: 'kfnb:run-up-to-step',
  resumeRun: 'kfnb:resume-run'
} as const;
