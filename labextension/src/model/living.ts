/** Which runs go on, by what the server listed a while ago and by what open notebooks know now; and which end. */

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

/** Notices when runs that went on do so no more. */
export class LivingOnes {
  private readonly _ids = new Set<string>();

  /** Take in a new list of the server; return the runs that were living before and stand neither there nor in a notebook. */
  list(listed: readonly string[], seen: readonly SeenRun[]): readonly string[] {
    const known = new Set([...listed, ...seen.map(({ id }) => id)]);
    const gone = [...this._ids].filter(id => !known.has(id));
    gone.forEach(id => this._ids.delete(id));
    const told = new Set(seen.map(({ id }) => id));
    listed.filter(id => !told.has(id)).forEach(id => this._ids.add(id));
    return [...gone, ...this.see(seen)];
  }

  /** Take in what open notebooks know; return the runs that they saw end. */
  see(seen: readonly SeenRun[]): readonly string[] {
    seen.filter(({ isLiving }) => isLiving).forEach(({ id }) => this._ids.add(id));
    return seen.filter(({ id, isLiving }) => !isLiving && this._ids.delete(id)).map(({ id }) => id);
  }

  /** A run that was said to be gone goes on after all, or nobody could say. */
  keep(id: string): void {
    this._ids.add(id);
  }
}
