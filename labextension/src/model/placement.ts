/**
 * What the notebook's metadata say of a step beside its tags: affinity and pod patch, in `metadata.kfnb.steps`; the same
 * as kfnb/notebook/placement.py reads.
 */

import type { PlacementRequest } from './openapi';

export type PlacementKind = PlacementRequest['kind'];

export type PlacementValue = Readonly<Record<string, unknown>>;

/** What stands there for a step; null where nothing does, or nothing that could be read. */
export function placementOf(about: unknown, step: string, kind: PlacementKind): PlacementValue | null {
  const own = objectOf(stepsOf(about)[step]);
  const value = objectOf(own[kind]);
  return Object.keys(value).length > 0 ? value : null;
}

/** Return the metadata with this said of a step; null says nothing more. What is left empty by that goes. */
export function withPlacement(
  about: unknown,
  step: string,
  kind: PlacementKind,
  value: PlacementValue | null
): object {
  const own = { ...objectOf(stepsOf(about)[step]), [kind]: value };
  return withSteps(about, { ...stepsOf(about), [step]: withoutEmpty(own) });
}

/** Return the metadata with what is said of a step said of another, in its place; the same where nothing is said, or of both. */
export function withRenamed(about: unknown, from: string, to: string): unknown {
  const steps = stepsOf(about);
  if (!(from in steps) || to in steps) {
    return about;
  }
  const entries = Object.entries(steps).map(([name, own]) => [name === from ? to : name, own] as const);
  return withSteps(about, Object.fromEntries(entries));
}

function withSteps(about: unknown, steps: object): object {
  return withoutEmpty({ ...objectOf(about), steps: withoutEmpty(steps) });
}

function stepsOf(about: unknown): Readonly<Record<string, unknown>> {
  return objectOf(objectOf(about).steps);
}

function withoutEmpty(table: object): Record<string, unknown> {
  const isEmpty = (value: unknown): boolean =>
    value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(table).filter(([, value]) => !isEmpty(value)));
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : {};
}
