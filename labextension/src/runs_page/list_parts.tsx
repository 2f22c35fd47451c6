/** What belongs to a list of runs wherever it is shown: the chosen ones, what goes wrong, the way to other pages. */

import * as React from 'react';

import type { RunRow } from '../model/documents';
import type { Words } from '../model/words';
import { ReasonedButton } from '../panel/reasoned_button';
import { Trouble } from '../panel/trouble';
import { addCondition } from './filter_bar';
import type { Listing } from './listing';
import { RunsTable, type RunsTableProps } from './runs_table';

/** The runs that are chosen by their boxes, by id: those of several pages can be. */
export interface Chosen {
  readonly chosen: ReadonlyMap<string, RunRow>;
  readonly choose: (rows: readonly RunRow[], isChosen: boolean) => void;
  readonly chooseNone: () => void;
}

export function useChosen(): Chosen {
  const [chosen, setChosen] = React.useState<ReadonlyMap<string, RunRow>>(new Map());
  const choose = (rows: readonly RunRow[], isChosen: boolean): void =>
    setChosen(before => {
      const after = new Map(before);
      rows.forEach(row => (isChosen ? after.set(row.run_id, row) : after.delete(row.run_id)));
      return after;
    });
  return { chosen, choose, chooseNone: () => setChosen(new Map()) };
}

/** How many runs are chosen, with a button that takes that back; nothing where none is. */
export function ChosenNote(props: { count: number; onClear: () => void; trans: Words }): JSX.Element | null {
  const { count, onClear, trans } = props;
  return count === 0 ? null : (
    <span className="kfnb-quiet" data-chosen={count}>
      {trans._n('%1 run chosen', '%1 runs chosen', count)}{' '}
      <button type="button" className="kfnb-link" data-action="choose-none" onClick={onClear}>
        {trans.__('choose none')}
      </button>
    </span>
  );
}

export function Troubles(props: {
  texts: readonly (string | null)[];
  hints: readonly string[];
}): JSX.Element {
  return (
    <>
      {props.texts.map((text, index) => (
        <Trouble key={index} text={text} />
      ))}
      {props.hints.map(text => (
        <p key={text} className="kfnb-hint">
          {text}
        </p>
      ))}
    </>
  );
}

type OfTable = 'chosen' | 'opened' | 'onChoose' | 'onOpen' | 'onExperiment' | 'trans';

/** The runs of a page of the list, and the way to those beside it. */
export function ListedRuns(props: { listing: Listing } & Pick<RunsTableProps, OfTable>): JSX.Element {
  const { listing, trans, ...table } = props;
  return (
    <>
      <div className="kfnb-runs-list" aria-busy={listing.isLoading}>
        <RunsTable
          rows={listing.rows}
          order={listing.order}
          onSort={order => listing.sort(order)}
          onTag={name => addCondition(listing, { kind: 'tag', name, comparison: '=', value: '' })}
          trans={trans}
          {...table}
        />
        {listing.rows.length === 0 && !listing.isLoading && (
          <p className="kfnb-quiet">{trans.__('There are no runs here.')}</p>
        )}
      </div>
      <Pages {...{ listing, trans }} />
    </>
  );
}

/** Why there is no page before the one that is shown. */
export function whyNoPrevious(listing: Listing, trans: Words): string | null {
  return listing.page === 1 ? trans.__('This is the first page.') : null;
}

/** Why no page after the one that is shown can be turned to. */
export function whyNoNext(listing: Listing, trans: Words): string | null {
  if (listing.hasNext) {
    return null;
  }
  return listing.isLoading
    ? trans.__('The list is being asked for.')
    : (listing.trouble ?? trans.__('This is the last page.'));
}

/** The number of the page of the list, and the way to those beside it; nothing where there is one page. */
function Pages({ listing, trans }: { listing: Listing; trans: Words }): JSX.Element | null {
  if (listing.isWhole) {
    return null;
  }
  return (
    <div className="kfnb-buttons" role="navigation" aria-label={trans.__('Pages of the list')}>
      <ReasonedButton
        data-action="previous-page"
        why={whyNoPrevious(listing, trans)}
        onClick={() => listing.previous()}
      >
        {trans.__('Previous')}
      </ReasonedButton>
      <span className="kfnb-quiet">{trans.__('Page %1', listing.page)}</span>
      <ReasonedButton data-action="next-page" why={whyNoNext(listing, trans)} onClick={() => listing.next()}>
        {trans.__('Next')}
      </ReasonedButton>
    </div>
  );
}
