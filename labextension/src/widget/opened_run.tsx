/** A run of a list, opened below it: asked for from the kernel, again and again until it has ended. */

import * as React from 'react';

import type { Graph } from '../graph';
import { hasEnded } from '../model/run_state';
import type { Kernel } from './kernel';
import { RunView, type Log, type RunDocument } from './run_view';
import type { Results } from './results';

/** Milliseconds between an answer and the next question; browsers make it a second where the tab is hidden. */
const AGAIN_AFTER_MS = 200;
/** The same where nothing has changed for so long: each question may be a request to a bucket. */
const QUIET_AGAIN_AFTER_MS = 1000;
const QUIET_MS = 30 * 60_000;

interface Drawn {
  readonly graph: Graph;
  readonly status: RunDocument;
}

export function OpenedRun(props: {
  kernel: Kernel;
  id: string;
  onTrouble: (error: Error) => void;
}): JSX.Element {
  const { kernel, id, onTrouble } = props;
  const host = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    let isGone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let view: RunView | null = null;
    let told = '';
    let changed = Date.now();
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
    const look = async (): Promise<void> => {
      const { graph, status } = await kernel.ask<Drawn>('run', { run: id });
      if (isGone) {
        return;
      }
      if (view === null) {
        view = new RunView(host.current!, answer);
        view.setGraph(graph);
      }
      const now = JSON.stringify(status);
      if (now !== told) {
        told = now;
        changed = Date.now();
        view.update(status);
      }
      if (!hasEnded(status.state)) {
        const isQuiet = Date.now() - changed >= QUIET_MS;
        const pause = isQuiet ? QUIET_AGAIN_AFTER_MS : AGAIN_AFTER_MS;
        timer = setTimeout(() => void look().catch(onTrouble), pause);
      }
    };
    look().catch(error => !isGone && onTrouble(error as Error));
    return () => {
      isGone = true;
      clearTimeout(timer);
      view?.dispose();
    };
  }, [kernel, id]);
  return <div ref={host} data-run={id} />;
}
