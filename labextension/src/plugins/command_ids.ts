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
  retryStep: 'kfnb:retry-step',
  resumeRun: 'kfnb:resume-run',
  showStep: 'kfnb:show-step',
  foldStep: 'kfnb:fold-step',
  suggestSteps: 'kfnb:suggest-steps',
  checkRun: 'kfnb:check-run',
  cancelRun: 'kfnb:cancel-run',
  bringHome: 'kfnb:bring-outputs-home',
  takeBack: 'kfnb:take-outputs-back',
  loadInputs: 'kfnb:load-inputs',
  loadArtifact: 'kfnb:load-artifact'
} as const;
