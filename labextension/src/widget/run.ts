/** The anywidget module of a run: esbuild bundles it into kfnb/widget/static, as those of comparisons and lists of runs. */

import type { AnyModel, RenderProps } from '@anywidget/types';
import type { Graph } from '../graph';
import type { Results } from './results';
import { RunView, type Log, type RunDocument } from './run_view';

/** The traits of `RunWidget` in kfnb/widget. `seen` is set here: somebody looks at the widget itself. */
interface Traits {
  graph: Graph;
  status: RunDocument | Record<string, never>;
  seen: boolean;
  [key: string]: unknown;
}

/** Show the run in `el`, and follow it until the returned function is called. */
function render({ model, el }: RenderProps<Traits>): () => void {
  const view = new RunView(el, (kind, task) => model.send({ kind, task }));
  const onStatus = (): void => {
    const status = model.get('status');
    if ('tasks' in status) {
      view.update(status as RunDocument); // else the kernel takes the widget away
    }
  };
  const onMessage = (message: ({ kind: 'log' } & Log) | ({ kind: 'results' } & Results)): void => {
    if (message.kind === 'log') {
      view.showLog(message);
    } else if (message.kind === 'results') {
      view.showResults(message);
    }
  };
  model.on('change:status', onStatus);
  model.on('msg:custom', onMessage);
  view.setGraph(model.get('graph'));
  onStatus();
  tellThatItIsSeen(model);
  return () => {
    model.off('change:status', onStatus);
    model.off('msg:custom', onMessage);
    view.dispose();
  };
}

function tellThatItIsSeen(model: AnyModel<Traits>): void {
  if (!model.get('seen')) {
    model.set('seen', true);
    model.save_changes();
  }
}

export default { render };
