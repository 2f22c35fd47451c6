/** What charts are made of: the picture itself, words in it, colours. */

import { svg } from '../graph/svg';

/** Colours of curves that lie over one another; told apart by people who do not see colours well, too. */
export const CURVE_COLOURS = ['#2f74c0', '#d1651a', '#2f8a4a', '#8a5fb0', '#b03a5b', '#5c6b7a'];

/** Return a picture of these parts; `label` says in words what it shows. */
export function picture(
  width: number,
  height: number,
  label: string,
  parts: readonly SVGElement[]
): SVGSVGElement {
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  return svg('svg', { ...size, role: 'img', 'aria-label': label, class: 'kfnb-chart' }, parts);
}

/** Return text around a point. */
export function words(text: string, x: number, y: number): SVGTextElement {
  const element = svg('text', { x, y, 'text-anchor': 'middle' });
  element.textContent = text;
  return element;
}

/** Return text that is read from below. */
export function turned(text: string, x: number, y: number): SVGTextElement {
  const element = words(text, x, y);
  element.setAttribute('transform', `rotate(-90 ${x} ${y})`);
  return element;
}

/** Return the colour of a curve by its number. */
export function colour(index: number): string {
  return CURVE_COLOURS[index % CURVE_COLOURS.length]!;
}

/** Return a coordinate as short as a picture needs it. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
