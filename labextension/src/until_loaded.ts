/** Loads a part of the extension when it is needed: what nobody looks at costs JupyterLab's start nothing. */

const AGAIN_MS = 3000;

/** Return what `load` imports; where the server cannot be reached it is asked again until it answers. */
export async function untilLoaded<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch {
      await new Promise(resolve => setTimeout(resolve, AGAIN_MS));
    }
  }
}
