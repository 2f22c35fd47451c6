/** What the page asks of the server: which runs, in which order. Pure. */

/** What a metric or a parameter must be, or a tag that must be there; of a tag only the name counts. */
export interface Condition {
  readonly kind: 'metric' | 'param' | 'tag';
  readonly name: string;
  readonly comparison: Comparison;
  readonly value: string;
}

export const COMPARISONS = ['=', '!=', '<', '<=', '>', '>='] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** What runs must pass to be in the list, all of it; empty words pass everything. */
export interface Filters {
  readonly search: string;
  readonly state: string;
  readonly experiment: string;
  readonly archived: 'no' | 'only';
  readonly conditions: readonly Condition[];
}

export const NO_FILTERS: Filters = {
  search: '',
  state: '',
  experiment: '',
  archived: 'no',
  conditions: []
};

/** By what the list is sorted: a key as the server has it. */
export interface Order {
  readonly key: string;
  readonly isDown: boolean;
}

export const NEWEST_FIRST: Order = { key: 'created', isDown: true };

/** Return the order after a click on a column's head: down, then up, then again as at first. */
export function orderAfterClick(order: Order, key: string): Order {
  if (order.key !== key) {
    return { key, isDown: true };
  }
  return order.isDown ? { key, isDown: false } : NEWEST_FIRST;
}

/** Return a condition as the server takes it, and as people read it. */
export function conditionText({ kind, name, comparison, value }: Condition): string {
  return kind === 'tag' ? name : `${name}${comparison}${value}`;
}

/** Return the question for a page of the list. `cursor`: where the page before it ended; null: the first page. */
export function questionFor(
  filters: Filters,
  order: Order,
  limit: number,
  cursor: string | null
): URLSearchParams {
  const { search, state, experiment, archived, conditions } = filters;
  const question = new URLSearchParams({ archived, limit: String(limit) });
  question.set('sort', (order.isDown ? '-' : '') + order.key);
  for (const [name, value] of Object.entries({ search, state, experiment })) {
    if (value !== '') {
      question.set(name, value);
    }
  }
  for (const condition of conditions) {
    question.append(condition.kind, conditionText(condition));
  }
  if (cursor !== null) {
    question.set('cursor', cursor);
  }
  return question;
}
