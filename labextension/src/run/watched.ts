/** The runs that are watched in this page, wherever in it they are shown. */

import type { RunSession } from './session';

export const watched = new Set<RunSession>();

/** Those of which nothing more is heard: they had ended a while ago, or were not there any more. */
export function silentOnes(): readonly RunSession[] {
  return [...watched].filter(session => !session.isListening);
}

/** Listen again to those of these that have been started anew, by whomever. */
export function wake(silent: readonly RunSession[], living: readonly string[]): void {
  const ids = new Set(living);
  silent.filter(({ id }) => ids.has(id)).forEach(session => session.listen());
}
