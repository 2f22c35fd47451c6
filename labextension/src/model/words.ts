/**
 * The words of what knows nothing of JupyterLab (models, graph, charts, the widget in a notebook) in the person's language.
 *
 * JupyterLab has one language at a time: the plugins say it here when they begin. The widget is a program of its own in the
 * same page, so what they say lies in the page; where no plugin does, as in VS Code, it speaks English. Texts that stand in
 * tables are marked by the same name, and looked up once more where they are shown.
 */

/** What of JupyterLab's translations is needed; `%1` stands for the first of `values`. */
export interface Words {
  __(text: string, ...values: readonly unknown[]): string;
  /** `one` where `count`, which is `%1`, is 1 in that language, else `many`. */
  _n(one: string, many: string, count: number): string;
}

export const ENGLISH: Words = {
  __: (text, ...values) =>
    text.replace(/%(\d+)/g, (whole, place) => String(values[Number(place) - 1] ?? whole)),
  _n: (one, many, count) => ENGLISH.__(count === 1 ? one : many, count)
};

/** Where the words lie in the page; widgets of other versions of kfnb look there too. */
const PLACE = Symbol.for('kfnb.words');

function words(): Words {
  return (globalThis as { [PLACE]?: Words })[PLACE] ?? ENGLISH;
}

export const trans: Words = {
  __: (text, ...values) => words().__(text, ...values),
  _n: (one, many, count) => words()._n(one, many, count)
};

/** Have everything in this page say all in these words from now on. */
export function speak(chosen: Words): void {
  (globalThis as { [PLACE]?: Words })[PLACE] = chosen;
}
