/**
 * What the notebook's metadata say of a step beside its tags: affinity and pod patch, in `metadata.kfnb.steps`; the same
 * as kfnb/notebook/placement.py reads.
 */

import type { PlacementRequest } from './openapi';

export type PlacementKind = PlacementRequest['kind'];

export type PlacementValue = Readonly<Record<string, unknown>>;

/** A step's name before and after it was given another one. */
export type Rename = readonly [from: string, to: string];

/** What stands there for a step; null where nothing does, or nothing that could be read. */
export function placementOf(about: unknown, step: string, kind: PlacementKind): PlacementValue | null {
  const own = objectOf(stepsOf(about)[step]);
  const value = objectOf(own[kind]);
  return Object.keys(value).length > 0 ? value : null;
}

/** Whether something stands there for a step. */
export function speaksOf(about: unknown, step: string): boolean {
  return step in stepsOf(about);
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

/** Return the metadata with what is said of a step said of another, in its place. */
function withRenamed(about: unknown, from: string, to: string): object {
  const entries = Object.entries(stepsOf(about));
  return withSteps(about, Object.fromEntries(entries.map(([name, own]) => [name === from ? to : name, own])));
}

/**
 * Return the metadata with what is said of steps that are not there any more said of those that they were renamed to, or
 * from, where these are: undoing a change of tags brings back a step's name, but nothing of the notebook's metadata.
 */
export function withFollowed(
  about: unknown,
  steps: ReadonlySet<string>,
  renames: readonly Rename[]
): unknown {
  let after = about;
  for (const name of Object.keys(stepsOf(about)).filter(each => !steps.has(each))) {
    const heir = linked(name, renames).find(other => steps.has(other) && !speaksOf(after, other));
    after = heir === undefined ? after : withRenamed(after, name, heir);
  }
  return after;
}

/** The names that a step had before or after the one called `name`, the nearest first. */
function linked(name: string, renames: readonly Rename[]): string[] {
  const found = new Set([name]);
  for (const known of found) {
    renames.filter(pair => pair.includes(known)).forEach(pair => pair.forEach(other => found.add(other)));
  }
  return [...found];
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
