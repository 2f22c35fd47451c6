/** A run of a list, opened below it: the kernel says how it stands whenever that changes. */

import * as React from 'react';

import type { Graph } from '../graph';
import type { Kernel } from './kernel';
import { RunView, type Log, type RunDocument } from './run_view';
import type { Results } from './results';

interface Drawn {
  /** Said once. */
  readonly graph?: Graph;
  readonly status: RunDocument;
}

export function OpenedRun(props: {
  kernel: Kernel;
  id: string;
  /** Hears what is wrong, and null when it no longer is. */
  onTrouble: (error: Error | null) => void;
}): JSX.Element {
  const { kernel, id, onTrouble } = props;
  const host = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    let view: RunView | null = null;
    let isTroubled = false;
    const answer = (kind: 'log' | 'results', task: string): void => {
      const about = { run: id, task };
      if (kind === 'results') {
        const show = (found: object): void => view?.showResults({ task, ...found } as Results);
        kernel.ask<object>(kind, about).then(show, () => undefined); // the log says what is wrong
      } else {
        const show = (found: object): void => view?.showLog({ task, ...found } as Log);
        kernel
          .ask<object>(kind, about)
          .then(show, (error: Error) => show({ text: error.message, cut: false }));
      }
    };
    const show = ({ graph, status }: Drawn): void => {
      if (graph !== undefined) {
        view?.dispose();
        view = new RunView(host.current!, answer);
        view.setGraph(graph);
      }
      view?.update(status);
      if (isTroubled) {
        isTroubled = false;
        onTrouble(null);
      }
    };
    const fail = (error: Error): void => {
      isTroubled = true;
      onTrouble(error);
    };
    const leave = kernel.follow<Drawn>('run', { run: id }, show, fail);
    return () => {
      leave();
      view?.dispose();
    };
  }, [kernel, id]);
  return <div ref={host} data-run={id} />;
}
