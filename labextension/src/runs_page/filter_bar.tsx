/** What the list of runs is narrowed by: text, state, experiment, days, and conditions on what else is known of runs. */

import * as React from 'react';

import type { RunRow } from '../model/documents';
import type { Words } from '../model/words';
import { ReasonedButton } from '../panel/reasoned_button';
import { useSignal } from '../panel/watching';
import { valueColumns } from './columns';
import type { Listing } from './listing';
import {
  COMPARISONS,
  INTERRUPTED,
  conditionText,
  isCompared,
  withCondition,
  type Comparison,
  type Condition,
  type Filters
} from './query';
import { lookOf } from '../graph';

const STATES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED', 'PENDING', INTERRUPTED] as const;

interface FilterBarProps {
  readonly listing: Listing;
  readonly trans: Words;
}

/** `hasArchive`: archived runs are listed apart from the others. */
export function FilterBar({
  listing,
  trans,
  hasArchive
}: FilterBarProps & { hasArchive: boolean }): JSX.Element {
  useSignal(listing.changed);
  // What is typed and clicked is shown at once, before the list has been drawn anew.
  const [filters, setFilters] = React.useState(listing.filters);
  const set = (part: Partial<Filters>): void => {
    setFilters({ ...filters, ...part });
    listing.filter(part);
  };
  return (
    <div role="search">
      <div className="kfnb-runs-filters">
        <input
          type="search"
          className="kfnb-input"
          placeholder={trans.__('Search runs')}
          aria-label={trans.__('Search runs')}
          onChange={event => listing.filter({ search: event.target.value.trim() }, true)}
        />
        <select
          className="kfnb-input"
          aria-label={trans.__('State')}
          value={filters.state}
          onChange={event => set({ state: event.target.value })}
        >
          <option value="">{trans.__('All states')}</option>
          {STATES.map(state => (
            <option key={state} value={state}>
              {state === INTERRUPTED ? trans.__('interrupted') : lookOf({ state }).word}
            </option>
          ))}
        </select>
        <select
          className="kfnb-input"
          aria-label={trans.__('Experiment')}
          value={filters.experiment}
          onChange={event => set({ experiment: event.target.value })}
        >
          <option value="">{trans.__('All experiments')}</option>
          {listing.experiments.map(name => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <Day {...{ filters, set }} part="since" label={trans.__('From')} />
        <Day {...{ filters, set }} part="until" label={trans.__('To')} />
        {hasArchive && (
          <label className="kfnb-choice">
            <input
              type="checkbox"
              checked={filters.archived === 'only'}
              onChange={event => set({ archived: event.target.checked ? 'only' : 'no' })}
            />
            {trans.__('Archived')}
          </label>
        )}
        <ConditionForm {...{ listing, trans }} />
      </div>
      <Conditions {...{ listing, trans }} />
    </div>
  );
}

/** The field of a day: of the first or the last on which runs were made that are listed. */
function Day(props: {
  part: 'since' | 'until';
  label: string;
  filters: Filters;
  set: (part: Partial<Filters>) => void;
}): JSX.Element {
  const { part, label, filters, set } = props;
  return (
    <label className="kfnb-choice">
      {label}
      <input
        type="date"
        className="kfnb-input"
        value={filters[part]}
        onChange={event => set({ [part]: event.target.value })}
      />
    </label>
  );
}

/** The fields that one more condition is made of; Enter adds it, too. */
function ConditionForm({ listing, trans }: FilterBarProps): JSX.Element {
  const [kind, setKind] = React.useState<Condition['kind']>('metric');
  const [name, setName] = React.useState('');
  const [comparison, setComparison] = React.useState<Comparison>('>');
  const [value, setValue] = React.useState('');
  const isWhole = name.trim() !== '' && (!isCompared(kind) || value.trim() !== '');
  const list = React.useId();
  const add = (event: React.FormEvent): void => {
    event.preventDefault();
    if (isWhole) {
      addCondition(listing, { kind, name: name.trim(), comparison, value: value.trim() });
      setName('');
      setValue('');
    }
  };
  return (
    <form className="kfnb-runs-filters" aria-label={trans.__('Condition')} onSubmit={add}>
      <select
        className="kfnb-input"
        aria-label={trans.__('What the condition is about')}
        value={kind}
        onChange={event => setKind(event.target.value as Condition['kind'])}
      >
        <option value="metric">{trans.__('Metric')}</option>
        <option value="param">{trans.__('Parameter')}</option>
        <option value="tag">{trans.__('Tag')}</option>
        <option value="notebook">{trans.__('Notebook')}</option>
        <option value="started_by">{trans.__('Who')}</option>
      </select>
      <input
        className="kfnb-input"
        list={list}
        value={name}
        placeholder={trans.__('name')}
        aria-label={trans.__('Name')}
        onChange={event => setName(event.target.value)}
      />
      <datalist id={list}>
        {knownNames(listing, kind).map(known => (
          <option key={known} value={known} />
        ))}
      </datalist>
      {isCompared(kind) && (
        <>
          <select
            className="kfnb-input"
            aria-label={trans.__('Comparison')}
            value={comparison}
            onChange={event => setComparison(event.target.value as Comparison)}
          >
            {COMPARISONS.map(sign => (
              <option key={sign} value={sign}>
                {sign}
              </option>
            ))}
          </select>
          <input
            className="kfnb-input"
            value={value}
            placeholder={trans.__('value')}
            aria-label={trans.__('Value')}
            onChange={event => setValue(event.target.value)}
          />
        </>
      )}
      <ReasonedButton
        type="submit"
        data-action="add-condition"
        why={isWhole ? null : trans.__('Give a name first, and a value where one is compared.')}
      >
        {trans.__('Filter')}
      </ReasonedButton>
    </form>
  );
}

/** List only the runs that pass one more condition. */
export function addCondition(listing: Listing, condition: Condition): void {
  listing.filter({ conditions: withCondition(listing.filters.conditions, condition) });
}

/** List also the runs that do not pass one of the conditions. */
export function takeAway(listing: Listing, condition: Condition): void {
  listing.filter({ conditions: listing.filters.conditions.filter(other => other !== condition) });
}

/** A condition as it stands beside the list. */
export function saidCondition(condition: Condition, trans: Words): string {
  const words = {
    metric: trans.__('metric'),
    param: trans.__('parameter'),
    tag: trans.__('tag'),
    notebook: trans.__('notebook'),
    started_by: trans.__('started by')
  };
  return `${words[condition.kind]} ${conditionText(condition)}`;
}

function knownNames(listing: Listing, kind: Condition['kind']): readonly string[] {
  if (!isCompared(kind)) {
    const names = (row: RunRow): readonly (string | null)[] =>
      kind === 'tag' ? row.tags : [kind === 'notebook' ? row.notebook : row.started_by];
    return [...new Set(listing.rows.flatMap(names))].filter(name => name !== null).sort();
  }
  return valueColumns(listing.rows)
    .filter(({ key }) => key.startsWith(`${kind}.`))
    .map(({ label }) => label);
}

/** The conditions that hold, each with a button that takes it away. */
function Conditions({ listing, trans }: FilterBarProps): JSX.Element | null {
  const { conditions } = listing.filters;
  if (conditions.length === 0) {
    return null;
  }
  return (
    <ul className="kfnb-tags" aria-label={trans.__('Conditions')}>
      {conditions.map(condition => (
        <li key={`${condition.kind} ${conditionText(condition)}`} className="kfnb-tag">
          {saidCondition(condition, trans)}{' '}
          <button
            type="button"
            data-action="take-away"
            aria-label={trans.__('Take away the condition %1', conditionText(condition))}
            onClick={() => takeAway(listing, condition)}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}
