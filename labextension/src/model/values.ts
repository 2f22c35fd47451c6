/** Checks of the values in tags, with the same verdicts as kfnb/notebook/quantities.py (tests/cases/tag_values.json). */

import { trans } from './words';

/** What is wrong with a value; `better` is what was probably meant. */
export interface Problem {
  readonly text: string;
  readonly better: string | null;
}

const NUMBER = String.raw`(\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})`;
const QUANTITY = new RegExp(`^${NUMBER}([KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d{1,2})?$`);
const POWERS: Readonly<Record<string, string>> = {
  ...{ n: 'e-9', u: 'e-6', m: 'e-3', k: 'e3' },
  ...{ M: 'e6', G: 'e9', T: 'e12', P: 'e15', E: 'e18' }
};
const LOOSE_QUANTITY = /^(\d+(?:\.\d+)?)\s*([kmgtpe])(i?)b?$/i;
const DURATION = /^(\d+(\.\d+)?w)?(\d+(\.\d+)?d)?(\d+(\.\d+)?h)?(\d+(\.\d+)?m)?(\d+(\.\d+)?s)?$/;
const LOOSE_DURATION = /^(\d+(?:\.\d+)?)\s*(w|d|h|m|s)[a-z]*$/i;

/** Return what is wrong with a Kubernetes quantity. */
export function quantityProblem(value: string): Problem | null {
  if (QUANTITY.test(value)) {
    return null;
  }
  const loose = LOOSE_QUANTITY.exec(value);
  let better: string | null = null;
  if (loose) {
    const [, number = '', letter = '', binary = ''] = loose;
    better =
      number + (binary !== '' || !/k/i.test(letter) ? letter.toUpperCase() : 'k') + binary.toLowerCase();
  }
  return { text: trans.__('%1 is not a quantity like 2, 500m or 4Gi.', value), better };
}

/** Whether a Kubernetes quantity, which is right, is a whole number (`1000m` is). */
export function isWhole(quantity: string): boolean {
  const [, number = '', suffix = ''] = QUANTITY.exec(quantity) ?? [];
  const size = suffix.endsWith('i')
    ? Number(number) * 1024 ** ('KMGTPE'.indexOf(suffix[0]!) + 1)
    : Number(number + (POWERS[suffix] ?? suffix));
  return Number.isInteger(size);
}

/** Return what is wrong with a duration. */
export function durationProblem(value: string): Problem | null {
  if (value !== '' && DURATION.test(value) && /[1-9]/.test(value)) {
    return null;
  }
  let better: string | null = null;
  if (/^[1-9][0-9]*$/.test(value)) {
    better = `${value}s`;
  } else {
    const loose = LOOSE_DURATION.exec(value);
    better = loose && !DURATION.test(value) ? `${loose[1]}${loose[2]!.toLowerCase()}` : null;
  }
  return { text: trans.__('%1 is not a duration like 30s, 90m, 2h or 1d12h.', value), better };
}

/** Return what is wrong with a whole number of at least `least`. */
export function wholeNumberProblem(value: string, least: number): Problem | null {
  const isRight = /^[0-9]{1,9}$/.test(value) && Number(value) >= least;
  return isRight ? null : { text: trans.__('%1 is not a whole number from %2.', value, least), better: null };
}
