/** Asks a server that is away again until it answers: what was missing then comes by itself. */

import { isAway } from './api';

const AGAIN_MS = 3000;

/** Who hears what became of a question. */
export interface Hearer<T> {
  readonly found: (answer: T) => void;
  /** Why there is no answer; of a server that is away it is heard each time. */
  readonly refused: (error: Error) => void;
  /** Whether somebody looks: nothing is asked again for what nobody sees. */
  readonly isSeen: () => boolean;
}

/** Ask, and every few seconds again while the server is away. Returns what ends it, after which nothing is heard. */
export function untilReached<T>(ask: () => Promise<T>, hearer: Hearer<T>): () => void {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = (): void => {
    timer = setTimeout(() => (hearer.isSeen() ? void attempt() : later()), AGAIN_MS);
  };
  const attempt = async (): Promise<void> => {
    try {
      const answer = await ask();
      if (!isOver) {
        hearer.found(answer);
      }
    } catch (error) {
      if (isOver) {
        return;
      }
      hearer.refused(error as Error);
      if (isAway(error)) {
        later();
      }
    }
  };
  void attempt();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** Whether the browser shows the page. */
export function isPageSeen(): boolean {
  return document.visibilityState !== 'hidden';
}
