/** The colours of steps: far enough apart, and readable on light and dark ground. */

const COLOURS = [
  '#3b82c4',
  '#c2671a',
  '#2f9461',
  '#9565cc',
  '#b08a14',
  '#cc4b80',
  '#2394a4',
  '#8a7660',
  '#6478e0',
  '#74912c'
];

/** Return the colour of the step that is at this place. */
export function stepColour(place: number): string {
  return COLOURS[place % COLOURS.length]!;
}
