/** The page of all runs: a list that is searched, filtered and sorted, one of them in detail, several side by side. */

import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import type { Api } from '../api';
import { CHART_STYLE } from '../charts';
import { useSignal } from '../panel/watching';
import { ComparisonView, compareRuns, type Compared } from './comparison';
import { Listing, type Filters } from './listing';
import { RunDetails } from './run_details';
import { RunsTable } from './runs_table';

const STATES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED', 'PENDING'];

export class RunsPage extends ReactWidget {
  private readonly _listing: Listing;

  constructor(
    private readonly _api: Api,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this._listing = new Listing(_api, () => this.isVisible);
    this.addClass('kfnb-runs-page');
  }

  override dispose(): void {
    this._listing.dispose();
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this._listing.load();
  }

  protected override render(): JSX.Element {
    return <PageView listing={this._listing} api={this._api} trans={this._trans} />;
  }
}

interface PageProps {
  readonly listing: Listing;
  readonly api: Api;
  readonly trans: TranslationBundle;
}

function PageView({ listing, api, trans }: PageProps): JSX.Element {
  useSignal(listing.changed);
  const [chosen, setChosen] = React.useState<ReadonlySet<string>>(new Set());
  const [opened, setOpened] = React.useState<string | null>(null);
  const [compared, setCompared] = React.useState<Compared | null>(null);
  const [trouble, setTrouble] = React.useState<string | null>(null);
  const ids = listing.rows.map(row => row.run_id).filter(id => chosen.has(id));
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setTrouble(null);
    try {
      await act();
    } catch (error) {
      setTrouble((error as Error).message);
    }
  };
  const choose = (id: string, isChosen: boolean): void =>
    setChosen(before => new Set(isChosen ? [...before, id] : [...before].filter(other => other !== id)));
  const open = (id: string): void => {
    setCompared(null);
    setOpened(opened === id ? null : id);
  };
  const compare = (): Promise<void> =>
    attempt(async () => {
      setOpened(null);
      setCompared(await compareRuns(api, ids));
    });
  const change = (act: (id: string) => Promise<void>): Promise<void> =>
    attempt(async () => {
      for (const id of ids) {
        await act(id);
      }
      setChosen(new Set());
      setOpened(null);
      setCompared(null);
      await listing.load();
    });
  return (
    <>
      <style>{CHART_STYLE}</style>
      <FilterBar {...{ listing, api, trans }} />
      <Actions {...{ listing, ids, trans }} onCompare={compare} onChange={change} api={api} />
      {[trouble, listing.trouble].map(
        (text, index) =>
          text !== null && (
            <p key={index} className="kfnb-warning" role="alert">
              {text}
            </p>
          )
      )}
      {listing.messages.map(text => (
        <p key={text} className="kfnb-hint">
          {text}
        </p>
      ))}
      <div className="kfnb-runs-list">
        <RunsTable rows={listing.rows} {...{ chosen, opened, trans }} onChoose={choose} onOpen={open} />
        {listing.rows.length === 0 && !listing.isLoading && (
          <p className="kfnb-quiet">{trans.__('There are no runs here.')}</p>
        )}
        {listing.hasMore && (
          <button type="button" className="kfnb-button" data-action="more" onClick={() => listing.more()}>
            {trans.__('Show more')}
          </button>
        )}
      </div>
      {opened !== null && <RunDetails key={opened} id={opened} {...{ api, trans }} />}
      {compared !== null && <ComparisonView {...{ compared, trans }} />}
    </>
  );
}

function FilterBar({ listing, api, trans }: PageProps): JSX.Element {
  const [experiments, setExperiments] = React.useState<readonly string[]>([]);
  React.useEffect(() => {
    // The list itself says what is wrong with the server.
    api.experiments().then(setExperiments, () => undefined);
  }, [api]);
  const [filters, setFilters] = React.useState(listing.filters);
  const set = (part: Partial<Filters>): void => {
    setFilters({ ...filters, ...part });
    listing.filter({ ...filters, ...part });
  };
  return (
    <div className="kfnb-runs-filters" role="search">
      <input
        type="search"
        className="kfnb-input"
        placeholder={trans.__('Search runs')}
        aria-label={trans.__('Search runs')}
        onChange={event => set({ search: event.target.value.trim() })}
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
            {trans.__(state.toLowerCase())}
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
        {experiments.map(name => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <label className="kfnb-choice">
        <input
          type="checkbox"
          checked={filters.archived === 'only'}
          onChange={event => set({ archived: event.target.checked ? 'only' : 'no' })}
        />
        {trans.__('Archived')}
      </label>
    </div>
  );
}

interface ActionsProps extends PageProps {
  readonly ids: readonly string[];
  readonly onCompare: () => Promise<void>;
  readonly onChange: (act: (id: string) => Promise<void>) => Promise<void>;
}

function Actions({ listing, ids, api, trans, onCompare, onChange }: ActionsProps): JSX.Element {
  const isArchive = listing.filters.archived === 'only';
  const remove = async (): Promise<void> => {
    const answer = await showDialog({
      title: trans._n('Delete %1 run?', 'Delete %1 runs?', ids.length),
      body: trans.__(
        'What they recorded is removed for good. Archive them to only take them out of the list.'
      ),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.warnButton({ label: trans.__('Delete') })
      ]
    });
    if (answer.button.accept) {
      await onChange(id => api.remove(id));
    }
  };
  const none = ids.length === 0 ? trans.__('Choose runs by their boxes first.') : undefined;
  const button = (name: string, label: string, act: () => void, why: string | undefined): JSX.Element => (
    <button
      type="button"
      className="kfnb-button"
      data-action={name}
      disabled={why !== undefined}
      title={why}
      onClick={act}
    >
      {label}
    </button>
  );
  const tooFew = ids.length < 2 ? trans.__('Choose two runs or more by their boxes first.') : undefined;
  return (
    <div className="kfnb-buttons">
      {button('compare', trans.__('Compare'), () => void onCompare(), tooFew)}
      {button(
        'archive',
        isArchive ? trans.__('Put back') : trans.__('Archive'),
        () => void onChange(id => api.archive(id, isArchive)),
        none
      )}
      {button('delete', trans.__('Delete…'), () => void remove(), none)}
      {button('refresh', trans.__('Refresh'), () => void listing.load(), undefined)}
    </div>
  );
}
