/** How many runs go on, by what the server listed a while ago and by what open notebooks know now. */

/** A run that an open notebook shows; what it says is newer than any list. */
export interface SeenRun {
  readonly id: string;
  readonly isLiving: boolean;
}

export function countLiving(listed: readonly string[], seen: readonly SeenRun[]): number {
  const living = new Set(listed);
  for (const { id, isLiving } of seen) {
    if (isLiving) {
      living.add(id);
    } else {
      living.delete(id);
    }
  }
  return living.size;
}
