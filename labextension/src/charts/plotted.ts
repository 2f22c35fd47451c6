/** Numbers over numbers: how metrics went, curve over curve, and a metric of many runs over a parameter. */

import { html, svg } from '../graph/svg';
import { colour, picture, round, turned, words } from './parts';
import { readOff, type Drawn } from './read_off';
import { showValue } from './values';
import { trans } from '../model/words';

/** How a metric went: steps and values, equally many; values that are not finite are left out. */
export interface Line {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** A point of a plot. Words stand beside one another where they come up. `text`: how its `x` is written. */
export interface Dot {
  readonly name: string;
  readonly x: number | string;
  readonly text: string;
  readonly y: number;
}

const WIDTH = 300;
const HEIGHT = 170;
const LEFT = 52;
const TOP = 8;
const BOTTOM = 32;

/** Where values lie on an axis. */
interface Scale {
  readonly least: number;
  readonly most: number;
  readonly place: (value: number) => number;
}

/** Return curves over one another, each with its last value; the others are read off. */
export function seriesChart(lines: readonly Line[]): HTMLElement {
  const found = lines.map(({ name, steps, values }) => ({
    name,
    last: values[values.length - 1],
    points: values.map((value, i) => [steps[i]!, value] as const).filter(([, y]) => Number.isFinite(y))
  }));
  const points = found.flatMap(line => line.points);
  const x = scale(
    points.map(([step]) => step),
    LEFT,
    LEFT + WIDTH
  );
  const y = scale(
    points.map(([, value]) => value),
    TOP + HEIGHT,
    TOP
  );
  const curves = found.map(({ name, last, points: ofLine }, index): Drawn => {
    const places = ofLine.map(([step, value]) => [x.place(step), y.place(value)] as const);
    return {
      text: `${name}: ${showValue(last)}`,
      places,
      says: at => trans.__('%1: %2 at %3', name, showValue(ofLine[at]![1]), showValue(ofLine[at]![0])),
      parts: curve(places, index)
    };
  });
  const parts = [...axes([x.least, x.most], y), ...curves.flatMap(line => line.parts)];
  const label = curves.map(({ text }) => text).join('; ');
  return readOff(picture(LEFT + WIDTH + 12, TOP + HEIGHT + BOTTOM, label, parts), curves);
}

/**
 * Return a plot of points that can be clicked. `names`: those of the axes, x first.
 *
 * One point is reached by the Tab key; from there arrow keys go from left to right and back, Home and End to the ends.
 */
export function scatterChart(
  dots: readonly Dot[],
  names: readonly [string, string],
  onChoose: (dot: Dot) => void
): HTMLElement {
  const shown = dots.filter(
    ({ x, y }) => Number.isFinite(y) && (typeof x === 'string' || Number.isFinite(x))
  );
  const isNumber = shown.every(({ x }) => typeof x === 'number');
  const kinds = [...new Set(shown.map(({ text }) => text))].sort();
  const value = ({ x, text }: Dot): number => (isNumber ? (x as number) : kinds.indexOf(text));
  const x = scale(shown.map(value), LEFT + 8, LEFT + WIDTH - 8);
  const y = scale(
    shown.map(dot => dot.y),
    TOP + HEIGHT - 6,
    TOP + 6
  );
  const ends = isNumber
    ? [x.least, x.most].map(end => shown.find(dot => dot.x === end)?.text ?? end)
    : kinds.length < 5
      ? kinds
      : [kinds[0]!, kinds[kinds.length - 1]!];
  const points = [...shown]
    .sort((one, other) => value(one) - value(other) || one.y - other.y)
    .map(dot => point(dot, x.place(value(dot)), y.place(dot.y), names, onChoose));
  const parts = [
    ...axes(ends, y),
    words(names[0], LEFT + WIDTH / 2, TOP + HEIGHT + 28),
    turned(names[1], 10, TOP + HEIGHT / 2),
    ...points
  ];
  const label = trans.__('%1 by %2, %3 points', names[1], names[0], shown.length);
  // No picture to who cannot see it: its points are buttons.
  const chart = picture(LEFT + WIDTH + 12, TOP + HEIGHT + BOTTOM, label, parts);
  chart.setAttribute('role', 'group');
  walkAmong(points);
  return html('div', { class: 'kfnb-chart' }, [chart]);
}

/** Make one of elements a stop of the Tab key, and the others those that arrow keys reach from there. */
function walkAmong(elements: readonly SVGElement[]): void {
  let [stop] = elements;
  elements.forEach((element, index) => {
    element.setAttribute('tabindex', index === 0 ? '0' : '-1');
    element.addEventListener('focus', () => {
      stop!.setAttribute('tabindex', '-1');
      stop = element;
      stop.setAttribute('tabindex', '0');
    });
    element.addEventListener('keydown', event => {
      const last = elements.length - 1;
      const to = {
        ArrowRight: Math.min(index + 1, last),
        ArrowUp: Math.min(index + 1, last),
        ArrowLeft: Math.max(index - 1, 0),
        ArrowDown: Math.max(index - 1, 0),
        Home: 0,
        End: last
      }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        elements[to]!.focus();
      }
    });
  });
}

function point(
  dot: Dot,
  x: number,
  y: number,
  names: readonly [string, string],
  onChoose: (dot: Dot) => void
): SVGElement {
  const label = `${dot.name}: ${names[0]} ${dot.text}, ${names[1]} ${showValue(dot.y)}`;
  const title = svg('title', {});
  title.textContent = label;
  const place = { cx: round(x), cy: round(y), r: 4.5, fill: colour(0), 'fill-opacity': 0.65 };
  const asButton = { role: 'button', 'aria-label': label, class: 'kfnb-chart-point' };
  const circle = svg('circle', { ...place, ...asButton }, [title]);
  circle.addEventListener('click', () => onChoose(dot));
  circle.addEventListener('keydown', event => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onChoose(dot);
    }
  });
  return circle;
}

function curve(places: readonly (readonly number[])[], index: number): SVGElement[] {
  const [first] = places;
  if (first === undefined) {
    return [];
  }
  if (places.length === 1) {
    return [svg('circle', { cx: round(first[0]!), cy: round(first[1]!), r: 3, fill: colour(index) })];
  }
  const points = places.map(([x, y]) => `${round(x!)},${round(y!)}`).join(' ');
  return [svg('polyline', { points, class: 'kfnb-chart-line', stroke: colour(index) })];
}

/** The axes, with words below the one and the least and the most beside the other. */
function axes(below: readonly (number | string)[], y: Scale): SVGElement[] {
  const floor = TOP + HEIGHT;
  const step = below.length > 1 ? (WIDTH - 16) / (below.length - 1) : 0;
  const beside = y.least === y.most ? [y.least] : [y.least, y.most];
  return [
    svg('path', { d: `M${LEFT} ${TOP}V${floor}H${LEFT + WIDTH}`, class: 'kfnb-chart-axis' }),
    ...[...new Set(below)].map((text, i) => words(showValue(text), LEFT + 8 + i * step, floor + 13)),
    ...beside.map(value => {
      const text = words(showValue(value), LEFT - 5, y.place(value) + 3);
      text.setAttribute('text-anchor', 'end');
      return text;
    })
  ];
}

function scale(values: readonly number[], from: number, to: number): Scale {
  const least = values.reduce((one, other) => Math.min(one, other), Infinity);
  const most = values.reduce((one, other) => Math.max(one, other), -Infinity);
  if (values.length === 0) {
    return { least: 0, most: 0, place: () => (from + to) / 2 };
  }
  const width = most - least;
  const place = (value: number): number =>
    width === 0 ? (from + to) / 2 : from + ((value - least) / width) * (to - from);
  return { least, most, place };
}
