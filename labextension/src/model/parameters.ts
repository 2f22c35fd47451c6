/**
 * What a person writes into the form of a run's parameters ⇄ the values that the server has, as JSON.
 *
 * Values stay texts: a browser has one kind of number, makes 1 of 1.0 and knows large whole numbers only roughly.
 */

import type { Parameter } from './documents';
import { trans } from './words';

/** The JSON of a value that was read from a form, or why it cannot be read. */
export type Reading = { readonly json: string } | { readonly problem: string };

const DIGITS = '\\d+(?:_\\d+)*';
const WHOLE = new RegExp(`^[+-]?${DIGITS}$`);
const REAL = new RegExp(`^[+-]?(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`);

/** Return how a value stands in the form; text stands there as it is, unless it would be read as something else. */
export function shownValue(parameter: Parameter, json: string): string {
  if (!json.startsWith('"') || (parameter.type !== 'str' && parameter.type !== 'any')) {
    return json;
  }
  const text = JSON.parse(json) as string;
  const reading = readValue(parameter, text);
  return 'json' in reading && reading.json === JSON.stringify(text) ? text : json;
}

/** Return the value that the text in the form says. */
export function readValue(parameter: Parameter, text: string): Reading {
  const trimmed = text.trim();
  const digits = trimmed.replaceAll('_', '');
  switch (parameter.type) {
    case 'str':
      return { json: JSON.stringify(text) };
    case 'int':
      return WHOLE.test(trimmed)
        ? { json: String(BigInt(digits)) }
        : { problem: trans.__('This must be a whole number.') };
    case 'float':
      return REAL.test(trimmed) && Number.isFinite(Number(digits))
        ? { json: real(digits) }
        : { problem: trans.__('This must be a number.') };
    case 'bool':
      return trimmed === 'true' || trimmed === 'false'
        ? { json: trimmed }
        : { problem: trans.__('This must be true or false.') };
    default:
      return readJson(parameter, trimmed);
  }
}

/** Return why the text cannot be read, null if it can; what the notebook has already is not read at all. */
export function problemOf(parameter: Parameter, text: string): string | null {
  if (text === shownValue(parameter, parameter.written)) {
    return null;
  }
  const reading = readValue(parameter, text);
  return 'problem' in reading ? reading.problem : null;
}

/**
 * Return what is filled in for a parameter, among the texts by name; undefined if nothing is, or if a box cannot show it:
 * the parameter had another type when that was written.
 */
export function filledIn(parameter: Parameter, texts: Readonly<Record<string, string>>): string | undefined {
  const text = texts[parameter.name];
  const isShown = text === undefined || parameter.type !== 'bool' || 'json' in readValue(parameter, text);
  return isShown ? text : undefined;
}

function readJson(parameter: Parameter, text: string): Reading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return parameter.type === 'any'
      ? { json: JSON.stringify(text) }
      : { problem: trans.__('This must be JSON, such as [1, 2].') };
  }
  if (parameter.type === 'list' && !Array.isArray(value)) {
    return { problem: trans.__('This must be a list, such as [1, 2].') };
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (parameter.type === 'dict' && !isObject) {
    return { problem: trans.__('This must be an object, such as {"rate": 0.1}.') };
  }
  return { json: text };
}

/** The JSON of a number that Python reads as a float, the same one. */
function real(digits: string): string {
  const size = JSON.stringify(Math.abs(Number(digits)));
  return (digits.startsWith('-') ? '-' : '') + size + (/[.e]/.test(size) ? '' : '.0');
}
