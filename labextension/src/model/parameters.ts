/** What a person writes into the form of a run's parameters ⇄ the values that the server is sent. */

import type { Parameter } from './documents';
import { trans } from './words';

/** A value that was read from a form, or why it cannot be. */
export type Reading = { readonly value: unknown } | { readonly problem: string };

const DIGITS = '\\d+(?:_\\d+)*';
const WHOLE = new RegExp(`^[+-]?${DIGITS}$`);
const REAL = new RegExp(`^[+-]?(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`);
const tooLarge = (): string =>
  trans.__(
    'A browser cannot hold this whole number exactly. Write it into the notebook’s parameters, or use kfnb run.'
  );

/** Return how a value stands in the form; a whole number that a browser only knows roughly says so. */
export function shownValue(parameter: Parameter, value: unknown): string {
  if (parameter.type === 'int' && typeof value === 'number' && !Number.isSafeInteger(value)) {
    return `≈ ${value}`;
  }
  if (parameter.type === 'str' && typeof value === 'string') {
    return value;
  }
  return typeof value === 'string' && parameter.type === 'any' ? value : JSON.stringify(value ?? null);
}

/** Return the value that the text in the form says. */
export function readValue(parameter: Parameter, text: string): Reading {
  const trimmed = text.trim();
  const number = Number(trimmed.replaceAll('_', ''));
  switch (parameter.type) {
    case 'str':
      return { value: text };
    case 'int':
      return WHOLE.test(trimmed) ? exactly(number) : { problem: trans.__('This must be a whole number.') };
    case 'float':
      return REAL.test(trimmed) && Number.isFinite(number)
        ? { value: number }
        : { problem: trans.__('This must be a number.') };
    case 'bool':
      return { value: trimmed === 'true' };
    default:
      return readJson(parameter, trimmed);
  }
}

/** Return why the text cannot be read, null if it can; what the notebook has already is not read at all. */
export function problemOf(parameter: Parameter, text: string): string | null {
  if (text === shownValue(parameter, parameter.default)) {
    return null;
  }
  const reading = readValue(parameter, text);
  return 'problem' in reading ? reading.problem : null;
}

function readJson(parameter: Parameter, text: string): Reading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return parameter.type === 'any'
      ? { value: text }
      : { problem: trans.__('This must be JSON, such as [1, 2].') };
  }
  if (holdsTooLarge(text)) {
    return { problem: tooLarge() };
  }
  if (parameter.type === 'list' && !Array.isArray(value)) {
    return { problem: trans.__('This must be a list, such as [1, 2].') };
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (parameter.type === 'dict' && !isObject) {
    return { problem: trans.__('This must be an object, such as {"rate": 0.1}.') };
  }
  return { value };
}

function exactly(whole: number): Reading {
  return Number.isSafeInteger(whole) ? { value: whole } : { problem: tooLarge() };
}

/** Whether a whole number in JSON is not the one that a browser makes of it. */
function holdsTooLarge(json: string): boolean {
  const outsideTexts = json.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  return (outsideTexts.match(/[\d.eE+-]+/g) ?? []).some(
    number => /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number))
  );
}
