/**
 * The words of what knows nothing of JupyterLab (models, graph, charts) in the person's language.
 *
 * JupyterLab has one language at a time: the plugins say it here when they begin; the widget in a notebook keeps English.
 * Texts that stand in tables are marked by the same name, and looked up once more where they are shown.
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

let words = ENGLISH;

export const trans: Words = {
  __: (text, ...values) => words.__(text, ...values),
  _n: (one, many, count) => words._n(one, many, count)
};

/** Say everything in these words from now on. */
export function speak(chosen: Words): void {
  words = chosen;
}
