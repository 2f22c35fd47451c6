/** What several steps say of one setting at once, in tags that the panel writes and in comments that it only reads. */

import type { Field } from './fields';
import { changesOf, commentedIn, valuesOfStep, type TaggedStep } from './tags';

/** What the field of a setting shows for all the selected steps. */
export interface Said {
  /** What can be changed, or else what the comments say; of steps that say different things what all of them say. */
  readonly values: readonly string[];
  /** The steps say different things. */
  readonly isMixed: boolean;
  /** What comments in the cells say. */
  readonly commented: readonly string[];
  /** Nothing can be changed but the comments. */
  readonly isFixed: boolean;
}

/** Return what these steps say of a setting. */
export function saidOf(field: Field, steps: readonly TaggedStep[]): Said {
  const each = steps.map(step => {
    const own = valuesOfStep(field, step);
    return isFixedIn(field, step) ? commentedIn(field, step) : own;
  });
  const isMixed = each.some(values => values.join('\n') !== each[0]!.join('\n'));
  const common = each[0]!.filter(value => each.every(values => values.includes(value)));
  return {
    values: !isMixed || field.kind === 'list' ? common : [],
    isMixed,
    commented: [...new Set(steps.flatMap(step => commentedIn(field, step)))],
    isFixed: steps.every(step => isFixedIn(field, step))
  };
}

/** Whether only a comment says a setting of which a step has one value; a list can have more by tags. */
function isFixedIn(field: Field, step: TaggedStep): boolean {
  return (
    field.kind !== 'list' && valuesOfStep(field, step).length === 0 && commentedIn(field, step).length > 0
  );
}

/**
 * Return the new tags when what is shown of a setting becomes what is wanted.
 *
 * What only some of the steps have in a list, and is not shown for that, stays with them; no step comes after itself.
 */
export function changesOfAll(
  field: Field,
  steps: readonly TaggedStep[],
  shown: readonly string[],
  wanted: readonly string[]
): Map<string, string[]> {
  const changes = steps.flatMap(step => {
    if (isFixedIn(field, step)) {
      return [];
    }
    const values = field.kind === 'list' ? listOf(field, step, shown, wanted) : wanted;
    return [...changesOf(field, step, values)];
  });
  return new Map(changes);
}

function listOf(
  field: Field,
  step: TaggedStep,
  shown: readonly string[],
  wanted: readonly string[]
): string[] {
  const own = valuesOfStep(field, step);
  const there = [...own, ...commentedIn(field, step)];
  const kept = own.filter(value => wanted.includes(value) || !shown.includes(value));
  const added = wanted.filter(value => !there.includes(value));
  return [...kept, ...added.filter(value => field.key !== 'after' || value !== step.name)];
}

/** One of the steps that others can be made to come after. */
export interface Choice {
  readonly name: string;
  /** All the steps come after it, some, or none. */
  readonly share: 'all' | 'some' | 'none';
  /** Only comments say it. */
  readonly isFixed: boolean;
}

/** Return the steps that others can be made to come after: those named, and all that they come after already. */
export function choicesOf(field: Field, steps: readonly TaggedStep[], names: readonly string[]): Choice[] {
  const by = steps.map(step => ({
    name: step.name,
    own: valuesOfStep(field, step),
    commented: commentedIn(field, step)
  }));
  const all = new Set([...names, ...by.flatMap(({ own, commented }) => [...own, ...commented])]);
  return [...all].map(name => {
    const asked = steps.length > 1 ? by.filter(step => step.name !== name) : by;
    const saying = asked.filter(({ own, commented }) => own.includes(name) || commented.includes(name));
    const share = saying.length === 0 ? 'none' : saying.length === asked.length ? 'all' : 'some';
    const isFixed =
      share === 'all' &&
      saying.every(({ own, commented }) => commented.includes(name) && !own.includes(name));
    return { name, share, isFixed };
  });
}
