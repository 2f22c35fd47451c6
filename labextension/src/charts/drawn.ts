/** Charts and tables as SVG and HTML elements in the theme's colours; the panel and the widget show them. */

import { html, svg } from '../graph/svg';
import { colour, picture, round, turned, words } from './parts';
import { readOff, type Drawn } from './read_off';
import { areaUnder, showValue, type ConfusionMatrix, type RocCurve, type TableData } from './values';
import { trans } from '../model/words';

/** Charts' style sheet, in JupyterLab's colours with fallbacks. */
export const CHART_STYLE = `
.kfnb-chart{font-family:var(--jp-ui-font-family,system-ui,sans-serif);color:var(--jp-ui-font-color1,#1f2933)}
.kfnb-chart text{fill:var(--jp-ui-font-color1,#1f2933);font-size:10px}
.kfnb-chart-axis{fill:none;stroke:var(--jp-border-color0,#8593a3)}
.kfnb-chart-chance{fill:none;stroke:var(--jp-border-color1,#bdbdbd);stroke-dasharray:4 3}
.kfnb-chart-line{fill:none;stroke-width:1.8}
.kfnb-chart-guide{fill:none;stroke:var(--jp-border-color1,#bdbdbd)}
.kfnb-chart-plot{position:relative;max-width:100%}
.kfnb-chart-plot>svg{display:block;max-width:100%;height:auto}
.kfnb-chart-plot:focus-visible,.kfnb-chart-key:focus-visible{outline:2px solid var(--jp-brand-color1,#1976d2)}
.kfnb-chart-reading{position:absolute;top:4px;padding:2px 6px;pointer-events:none;white-space:nowrap;font-size:11px;
  color:var(--jp-ui-font-color1,#1f2933);background:var(--jp-layout-color1,#fff);
  border:1px solid var(--jp-border-color1,#bdbdbd);border-radius:3px;z-index:1}
.kfnb-chart-key{padding:0;border:0;background:none;color:inherit;font:inherit;cursor:pointer;text-align:left}
.kfnb-chart-key[aria-pressed='false']{text-decoration:line-through}
.kfnb-chart-point{cursor:pointer}
.kfnb-chart-point:focus-visible{outline:2px solid var(--jp-brand-color1,#1976d2)}
.kfnb-table{border-collapse:collapse;font-size:12px;color:var(--jp-ui-font-color1,#1f2933)}
.kfnb-table caption{text-align:left;padding:2px 0;color:var(--jp-ui-font-color2,#5c6b7a)}
.kfnb-table th,.kfnb-table td{padding:2px 8px;text-align:right;border-bottom:1px solid var(--jp-border-color2,#e0e0e0);
  white-space:nowrap;max-width:280px;overflow:hidden;text-overflow:ellipsis}
.kfnb-table th{font-weight:600}
.kfnb-table .kfnb-mod-text{text-align:left}
.kfnb-matrix td{text-align:center;min-width:34px}
`;

const PLOT = 180;
const LEFT = 30;
const BOTTOM = 26;

/** Return a small line of how a number went; points that are not finite are left out. Null if there are fewer than two. */
export function sparkline(
  values: readonly number[],
  label: string,
  width = 90,
  height = 22
): SVGSVGElement | null {
  const points = values
    .map((value, index) => ({ value, index }))
    .filter(({ value }) => Number.isFinite(value));
  if (points.length < 2) {
    return null;
  }
  const least = Math.min(...points.map(({ value }) => value));
  const range = Math.max(...points.map(({ value }) => value)) - least;
  const x = (index: number): number => 2 + (index / (values.length - 1)) * (width - 4);
  const y = (value: number): number =>
    range === 0 ? height / 2 : height - 3 - ((value - least) / range) * (height - 6);
  const line = points.map(({ value, index }) => `${round(x(index))},${round(y(value))}`).join(' ');
  const last = points[points.length - 1]!;
  return picture(width, height, `${label}: ${values.map(showValue).join(', ')}`, [
    svg('polyline', { points: line, class: 'kfnb-chart-line', stroke: colour(0) }),
    svg('circle', { cx: round(x(last.index)), cy: round(y(last.value)), r: 2.2, fill: colour(0) })
  ]);
}

/** Return ROC curves over one another, with the area under each. */
export function rocChart(curves: readonly RocCurve[]): HTMLElement {
  const x = (rate: number): number => LEFT + rate * PLOT;
  const y = (rate: number): number => 6 + (1 - rate) * PLOT;
  const parts: SVGElement[] = [
    svg('path', { d: `M${x(0)} ${y(1)}V${y(0)}H${x(1)}`, class: 'kfnb-chart-axis' }),
    svg('path', { d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}`, class: 'kfnb-chart-chance' }),
    words('0', x(0) - 8, y(0) + 4),
    words('1', x(0) - 8, y(1) + 4),
    words(trans.__('false positive rate'), x(0.5), y(0) + 18),
    turned(trans.__('true positive rate'), x(0) - 16, y(0.5))
  ];
  const lines = curves.map((curve, index): Drawn => {
    const { name, falsePositive, truePositive } = curve;
    const places = falsePositive.map((rate, i) => [x(rate), y(truePositive[i]!)] as const);
    const points = places.map(([left, top]) => `${round(left)},${round(top)}`).join(' ');
    return {
      text: trans.__('%1: area %2', name, areaUnder(curve).toFixed(4)),
      places,
      says: at =>
        trans.__('%1: true %2 at false %3', name, showValue(truePositive[at]), showValue(falsePositive[at])),
      parts: [svg('polyline', { points, class: 'kfnb-chart-line', stroke: colour(index) })]
    };
  });
  const label = `${trans.__('ROC.')} ${lines.map(({ text }) => text).join('; ')}`;
  const drawn = [...parts, ...lines.flatMap(line => line.parts)];
  return readOff(picture(LEFT + PLOT + 8, PLOT + BOTTOM + 6, label, drawn), lines);
}

/** Return a confusion matrix as a table whose cells are the darker the more they hold. */
export function matrixTable({ labels, rows }: ConfusionMatrix): HTMLTableElement {
  const most = Math.max(0, ...rows.flat().filter(Number.isFinite));
  const head = html('tr', {}, [
    html('th', { scope: 'col' }, [trans.__('true ↓ predicted →')]),
    ...labels.map(label => html('th', { scope: 'col' }, [label]))
  ]);
  const body = rows.map((row, index) =>
    html('tr', {}, [
      html('th', { scope: 'row' }, [labels[index]!]),
      ...row.map(value => {
        const cell = html('td', {}, [showValue(value)]);
        const share = most > 0 && Number.isFinite(value) ? Math.max(0, value) / most : 0;
        cell.style.background = `rgba(47, 116, 192, ${(share * 0.45).toFixed(3)})`;
        return cell;
      })
    ])
  );
  return html('table', { class: 'kfnb-table kfnb-matrix' }, [
    html('thead', {}, [head]),
    html('tbody', {}, body)
  ]);
}

/** Return a table; numbers stand to the right, all else to the left. */
export function dataTable({ columns, rows }: TableData, caption = ''): HTMLTableElement {
  const head = html(
    'tr',
    {},
    columns.map(column => html('th', { scope: 'col' }, [column]))
  );
  const body = rows.map(row =>
    html(
      'tr',
      {},
      row.map(value =>
        html('td', typeof value === 'number' ? {} : { class: 'kfnb-mod-text', title: showValue(value) }, [
          showValue(value)
        ])
      )
    )
  );
  const title = caption === '' ? [] : [html('caption', {}, [caption])];
  return html('table', { class: 'kfnb-table' }, [
    ...title,
    html('thead', {}, [head]),
    html('tbody', {}, body)
  ]);
}
