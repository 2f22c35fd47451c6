/** What the page asks of the server: which runs, in which order. Pure. */

/** What a metric or a parameter must be; or a tag, a notebook or a person, of which only the name counts. */
export interface Condition {
  readonly kind: 'metric' | 'param' | 'tag' | 'notebook' | 'started_by';
  readonly name: string;
  readonly comparison: Comparison;
  readonly value: string;
}

export const COMPARISONS = ['=', '!=', '<', '<=', '>', '>='] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** What is shown in the place of the state of a run that nothing drives any more, though it has not ended. */
export const INTERRUPTED = 'INTERRUPTED';
const UNFINISHED = ['PENDING', 'RUNNING', 'CANCELING'];

/** What runs must pass to be in the list, all of it; empty words pass everything. */
export interface Filters {
  readonly search: string;
  readonly state: string;
  readonly experiment: string;
  /** The first and the last day of their making, as a field of a date has them: 2026-11-29. */
  readonly since: string;
  readonly until: string;
  readonly archived: 'no' | 'only';
  readonly conditions: readonly Condition[];
}

export const NO_FILTERS: Filters = {
  search: '',
  state: '',
  experiment: '',
  since: '',
  until: '',
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

/** Whether a condition compares a value; else its name is all of it. */
export function isCompared(kind: Condition['kind']): boolean {
  return kind === 'metric' || kind === 'param';
}

/** Return a condition as the server takes it, and as people read it. */
export function conditionText({ kind, name, comparison, value }: Condition): string {
  return isCompared(kind) ? `${name}${comparison}${value}` : name;
}

/** Return the conditions with one more: a run is of one notebook and one person, so the last of these holds. */
export function withCondition(conditions: readonly Condition[], added: Condition): readonly Condition[] {
  const isOne = added.kind === 'notebook' || added.kind === 'started_by';
  const others = conditions.filter(
    other => other.kind !== added.kind || (!isOne && conditionText(other) !== conditionText(added))
  );
  return [...others, added];
}

/** Return the question for a page of the list. `cursor`: where the page before it ended; null: the first page. */
export function questionFor(
  filters: Filters,
  order: Order,
  limit: number,
  cursor: string | null
): URLSearchParams {
  const { search, state, experiment, since, until, archived, conditions } = filters;
  const question = new URLSearchParams({ archived, limit: String(limit) });
  question.set('sort', (order.isDown ? '-' : '') + order.key);
  if (state === INTERRUPTED || UNFINISHED.includes(state)) {
    question.set('interrupted', state === INTERRUPTED ? 'only' : 'no');
  }
  const named = { search, state: state === INTERRUPTED ? '' : state, experiment };
  for (const [name, value] of Object.entries(named)) {
    if (value !== '') {
      question.set(name, value);
    }
  }
  for (const [name, moment] of Object.entries({ since: startOf(since), until: startOf(until, 1) })) {
    if (moment !== null) {
      question.set(name, moment);
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

/** Return when a day begins where the person is, or the one `later`; null where no day is said. */
function startOf(day: string, later = 0): string | null {
  const moment = new Date(`${day}T00:00`);
  moment.setDate(moment.getDate() + later);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}
