/**
 * Tags ⇄ what they say. Tags that are not kfnb's are kept as they are and where they are. What a comment in a cell says is
 * given by the server as tags; nothing here changes it.
 *
 * The grammar is that of kfnb/notebook/tags.py: a cell tagged `step:NAME` begins a step or goes on with it; cells without
 * a tag go on with the step above.
 */

import type { TagChange } from './documents';
import type { Field } from './fields';
import { trans } from './words';

/** What a cell is for: `step` begins one or goes on with it by name, `continues` is a cell without a tag of this kind. */
export type Role = 'step' | 'continues' | 'parameters' | 'imports' | 'functions' | 'skip';

export interface TaggedCell {
  readonly id: string;
  readonly isCode: boolean;
  readonly tags: readonly string[];
  /** What the comment in its first line says, as tags. */
  readonly comment?: readonly string[];
}

const STEP = 'step:';
const ROLES: Readonly<Record<string, Role>> = {
  parameters: 'parameters',
  'pipeline-parameters': 'parameters',
  imports: 'imports',
  functions: 'functions',
  skip: 'skip'
};

/** Return what a cell with these tags is for. */
export function roleOf(tags: readonly string[]): Role {
  for (const tag of tags.map(text => text.trim())) {
    if (tag.startsWith(STEP) && tag.length > STEP.length) {
      return 'step';
    }
    if (ROLES[tag] !== undefined) {
      return ROLES[tag];
    }
  }
  return 'continues';
}

/** Return the name of the step that a cell with these tags names, null if it names none. */
export function stepNameOf(tags: readonly string[]): string | null {
  const tag = tags.map(text => text.trim()).find(text => text.startsWith(STEP));
  return tag?.slice(STEP.length).trim() || null;
}

/** Return what a cell is for: as its tags say, and where they say nothing as its comment does. */
export function roleIn({ tags, comment = [] }: TaggedCell): Role {
  const [own, commented] = [roleOf(tags), roleOf(comment)];
  return own === 'continues' || commented === 'skip' ? commented : own;
}

/** Return the name of the step that a cell names by a tag, or else in its comment; null if it names none. */
export function stepNameIn({ tags, comment = [] }: TaggedCell): string | null {
  return stepNameOf(tags) ?? stepNameOf(comment);
}

/** Return the tags with which a cell is what `role` says; `name` is that of its step. Settings go where no step begins. */
export function withRole(
  tags: readonly string[],
  role: Role,
  name: string,
  fields: readonly Field[]
): string[] {
  const isOfRole = (tag: string): boolean => tag.trim().startsWith(STEP) || tag.trim() in ROLES;
  const isSetting = (tag: string): boolean => fields.some(field => valueIn(field, tag) !== null);
  const keepsSettings = role === 'step' || role === 'continues';
  const place = tags.findIndex(isOfRole);
  const kept = tags.filter(tag => !isOfRole(tag) && (keepsSettings || !isSetting(tag)));
  const own = role === 'step' ? [`${STEP}${name.trim()}`] : role === 'continues' ? [] : [role];
  const before = tags
    .slice(0, Math.max(place, 0))
    .filter(tag => !isOfRole(tag) && (keepsSettings || !isSetting(tag)));
  return [...before, ...own, ...kept.slice(before.length)];
}

/** Return what is wrong with the name of a step. */
export function nameProblem(name: string): string | null {
  return name.trim() === '' ? trans.__('A step needs a name.') : null;
}

function valueIn(field: Field, tag: string): string | null {
  const text = tag.trim();
  if (field.kind === 'flag') {
    return [field.prefix, ...(field.also ?? [])].includes(text) ? field.prefix : null;
  }
  if (field.alone !== undefined && [field.prefix, wordOf(field)].includes(text)) {
    return field.alone;
  }
  const prefix = [field.prefix, ...(field.also ?? [])].find(start => text.startsWith(start));
  const value = prefix === undefined ? null : text.slice(prefix.length).trim();
  return value === null || field.others?.test(value) ? null : value;
}

function wordOf(field: Field): string {
  return field.prefix.replace(/:$/, '');
}

function tagOf(field: Field, value: string): string {
  return field.kind === 'flag' || value === field.alone ? wordOf(field) : field.prefix + value;
}

/** Return the values of a field that these tags say, without repeats. */
export function valuesOf(field: Field, tags: readonly string[]): string[] {
  const found = tags.map(tag => valueIn(field, tag)).filter((value): value is string => value !== null);
  return [...new Set(found)];
}

/** Return the tags that say these values of a field and otherwise what `tags` say. Tags that say it already stay. */
export function withValues(tags: readonly string[], field: Field, values: readonly string[]): string[] {
  const wanted = [...new Set(values.map(value => value.trim()).filter(value => value !== ''))];
  const missing = new Set(wanted);
  const kept: string[] = [];
  let place = -1;
  for (const tag of tags) {
    const value = valueIn(field, tag);
    if (value === null || missing.delete(value)) {
      kept.push(tag);
    } else if (place < 0) {
      place = kept.length;
    }
  }
  const added = wanted.filter(value => missing.has(value)).map(value => tagOf(field, value));
  kept.splice(place < 0 ? kept.length : place, 0, ...added);
  return kept;
}

/** A step as tags and comments say: for what must be right at once, while the server thinks. */
export interface TaggedStep {
  readonly name: string;
  readonly cells: readonly TaggedCell[];
}

/** Return the steps that the tags and comments of these cells make, in the order of their first cells. */
export function stepsIn(cells: readonly TaggedCell[]): TaggedStep[] {
  const found = new Map<string, TaggedCell[]>();
  let current: string | null = null;
  for (const cell of cells) {
    const role = cell.isCode ? roleIn(cell) : 'skip';
    current = role === 'skip' ? current : (stepNameIn(cell) ?? current);
    if (current !== null && (role === 'step' || role === 'continues')) {
      found.set(current, [...(found.get(current) ?? []), cell]);
    }
  }
  return [...found].map(([name, own]) => ({ name, cells: own }));
}

/** Return the values of a field that the tags of a step's cells say together. */
export function valuesOfStep(field: Field, step: TaggedStep): string[] {
  return valuesOf(
    field,
    step.cells.flatMap(cell => cell.tags)
  );
}

/** Return the values of a field that the comments of a step's cells say together. */
export function commentedIn(field: Field, step: TaggedStep): string[] {
  return valuesOf(
    field,
    step.cells.flatMap(cell => cell.comment ?? [])
  );
}

/** Return the new tags of those cells of a step that change when its field gets these values: the first cell says them. */
export function changesOf(field: Field, step: TaggedStep, values: readonly string[]): Map<string, string[]> {
  const changes = new Map<string, string[]>();
  const elsewhere = new Set(
    step.cells
      .slice(1)
      .flatMap(cell => valuesOf(field, cell.tags))
      .filter(value => values.includes(value))
  );
  step.cells.forEach((cell, place) => {
    const wanted =
      place === 0
        ? values.filter(value => !elsewhere.has(value))
        : valuesOf(field, cell.tags).filter(value => values.includes(value));
    const tags = withValues(cell.tags, field, wanted);
    if (tags.length !== cell.tags.length || tags.some((tag, index) => tag !== cell.tags[index])) {
      changes.set(cell.id, tags);
    }
  });
  return changes;
}

/** Return the new tags of the cells that name a step, when its name changes; others' `after:` follow. */
export function renamed(cells: readonly TaggedCell[], from: string, to: string): Map<string, string[]> {
  const changes = new Map<string, string[]>();
  for (const cell of cells) {
    const tags = cell.tags.map(tag => {
      const [word = '', value] = tag.split(/:(.*)/s);
      const isName = ['step', 'after', 'prev'].includes(word.trim()) && value?.trim() === from;
      return isName ? `${word.trim()}:${to.trim()}` : tag;
    });
    if (tags.some((tag, index) => tag !== cell.tags[index])) {
      changes.set(cell.id, tags);
    }
  }
  return changes;
}

/** Return the new tags of the cells that these changes are about. Cells that are not there are left out. */
export function withChanges(
  cells: readonly TaggedCell[],
  changes: readonly TagChange[]
): Map<string, string[]> {
  const tags = new Map(cells.map(cell => [cell.id, [...cell.tags]]));
  const changed = new Map<string, string[]>();
  for (const { cell_id, add_tags, remove_tags } of changes) {
    const before = changed.get(cell_id) ?? tags.get(cell_id);
    if (before !== undefined) {
      const kept = before.filter(tag => !remove_tags.includes(tag.trim()));
      changed.set(cell_id, [...kept, ...add_tags.filter(tag => !kept.includes(tag))]);
    }
  }
  return changed;
}
