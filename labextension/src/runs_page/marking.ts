/** What is done to chosen runs: archived, tagged, deleted; what can be taken back is, run by run. */

import type { Api } from '../api';

/** Something that was done to runs: in words, and what takes it back where that can be. */
export interface Done {
  readonly text: string;
  readonly undo: (() => Promise<void>) | null;
}

/** Do something to runs one after the other, and return those to which it was done, also where one of them refuses. */
export async function toEach(
  ids: readonly string[],
  act: (id: string) => Promise<void>
): Promise<{ done: readonly string[]; error: Error | null }> {
  const done: string[] = [];
  for (const id of ids) {
    try {
      await act(id);
    } catch (error) {
      return { done, error: error as Error };
    }
    done.push(id);
  }
  return { done, error: null };
}

/** Take runs out of the lists (`isBack`: put them back), and say how to take that back; those that were so stay so. */
export async function archive(
  api: Api,
  runs: readonly { readonly run_id: string; readonly archived: boolean }[],
  isBack: boolean,
  text: (count: number) => string
): Promise<{ done: Done; error: Error | null }> {
  const others = runs.filter(run => run.archived === isBack).map(run => run.run_id);
  const { done, error } = await toEach(others, id => api.archive(id, isBack));
  const undo = async (): Promise<void> => {
    raise((await toEach(done, id => api.archive(id, !isBack))).error);
  };
  return { done: { text: text(done.length), undo: done.length > 0 ? undo : null }, error };
}

/** Give a tag to runs or take it off them, and say how to take that back; those that were so before stay as they were. */
export async function tag(
  api: Api,
  runs: readonly { readonly run_id: string; readonly tags: readonly string[] }[],
  change: { readonly name: string; readonly isOff: boolean },
  text: (count: number) => string
): Promise<{ done: Done; error: Error | null }> {
  const { name, isOff } = change;
  const others = runs.filter(run => run.tags.includes(name) === isOff).map(run => run.run_id);
  const act = (off: boolean) => (id: string) => api.tag(id, off ? [] : [name], off ? [name] : []);
  const { done, error } = await toEach(others, act(isOff));
  const undo = async (): Promise<void> => {
    raise((await toEach(done, act(!isOff))).error);
  };
  return { done: { text: text(done.length), undo: done.length > 0 ? undo : null }, error };
}

function raise(error: Error | null): void {
  if (error !== null) {
    throw error;
  }
}
