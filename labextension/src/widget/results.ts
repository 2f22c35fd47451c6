/** What the chosen task of a run has made: how its metrics went, curves, matrices, pictures and tables. */

import { numberFrom, previewOf, seriesChart } from '../charts';
import { html } from '../graph/svg';

/** What the kernel says of it. */
export interface Results {
  readonly task: string;
  readonly artifacts: readonly { readonly name: string; readonly type: string; readonly preview: unknown }[];
  readonly series: Readonly<
    Record<string, { readonly steps: readonly number[]; readonly values: readonly (number | string)[] }>
  >;
}

/** Types whose preview is seen at once; others are opened by a click. */
const SEEN = ['ClassificationMetrics', 'Artifact'];

/** Return a figure for each curve and artifact; what was `open` before stays so. */
export function drawnResults({ artifacts, series }: Results, open: ReadonlySet<string>): HTMLElement[] {
  const curves = Object.entries(series)
    .filter(([, { values }]) => values.length > 1)
    .map(([name, { steps, values }]) =>
      html('figure', { 'data-series': name }, [
        html('figcaption', {}, [name]),
        seriesChart([{ name, steps, values: values.map(value => numberFrom(value) ?? NaN) }])
      ])
    );
  const previews = artifacts.map(({ name, type, preview }) => {
    const shown = html('details', { 'data-artifact': name }, [
      html('summary', {}, [`${name} · ${type}`]),
      previewOf(name, preview)
    ]);
    shown.open = SEEN.includes(type) || open.has(name);
    return shown;
  });
  return [...curves, ...previews];
}
