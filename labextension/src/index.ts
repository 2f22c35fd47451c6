import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@kfnb/jupyterlab:plugin',
  autoStart: true,
  activate: (_app: JupyterFrontEnd) => undefined
};

export default plugin;
