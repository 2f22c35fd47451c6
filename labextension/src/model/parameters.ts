/** What a person writes into the form of a run's parameters ⇄ the values that the server is sent. */

import type { Parameter } from './documents';

/** A value that was read from a form, or why it cannot be. */
export type Reading = { readonly value: unknown } | { readonly problem: string };

/** Return how a value stands in the form. */
export function shownValue(parameter: Parameter, value: unknown): string {
  if (parameter.type === 'str' && typeof value === 'string') {
    return value;
  }
  return typeof value === 'string' && parameter.type === 'any' ? value : JSON.stringify(value ?? null);
}

/** Return the value that the text in the form says. */
export function readValue(parameter: Parameter, text: string): Reading {
  const trimmed = text.trim();
  switch (parameter.type) {
    case 'str':
      return { value: text };
    case 'int':
      return /^[+-]?\d[\d_]*$/.test(trimmed)
        ? { value: Number(trimmed.replaceAll('_', '')) }
        : { problem: 'This must be a whole number.' };
    case 'float':
      return trimmed !== '' && Number.isFinite(Number(trimmed.replaceAll('_', '')))
        ? { value: Number(trimmed.replaceAll('_', '')) }
        : { problem: 'This must be a number.' };
    case 'bool':
      return { value: trimmed === 'true' };
    default:
      return readJson(parameter, trimmed);
  }
}

function readJson(parameter: Parameter, text: string): Reading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return parameter.type === 'any' ? { value: text } : { problem: 'This must be JSON, such as [1, 2].' };
  }
  if (parameter.type === 'list' && !Array.isArray(value)) {
    return { problem: 'This must be a list, such as [1, 2].' };
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (parameter.type === 'dict' && !isObject) {
    return { problem: 'This must be an object, such as {"rate": 0.1}.' };
  }
  return { value };
}
