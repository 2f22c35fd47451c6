/** Hooks that draw a component again when what it shows has changed. */

import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

/** Draw again, at most once a frame, when the signal says that something changed. */
export function useSignal(signal: ISignal<unknown, unknown> | undefined): void {
  const [, draw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    if (signal === undefined) {
      return undefined;
    }
    let frame = 0;
    const slot = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(draw);
    };
    signal.connect(slot);
    draw();
    return () => {
      cancelAnimationFrame(frame);
      signal.disconnect(slot);
    };
  }, [signal]);
}

/** Draw again at once: what a person types must be on screen before the next key. */
export function useSignalAtOnce(signal: ISignal<unknown, unknown>): void {
  const [, draw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const slot = (): void => draw();
    signal.connect(slot);
    return () => {
      signal.disconnect(slot);
    };
  }, [signal]);
}

/** Draw again every second while a time is running. */
export function useSeconds(isRunning: boolean): void {
  const [, draw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    if (!isRunning) {
      return undefined;
    }
    const timer = setInterval(draw, 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
}
