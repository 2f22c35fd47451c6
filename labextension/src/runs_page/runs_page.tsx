/** The page of all runs: a list that is searched, filtered and sorted, one of them in detail, several side by side. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Signal, type ISignal } from '@lumino/signaling';
import * as React from 'react';

import { CHART_STYLE } from '../charts';
import type { RunRow, RunsFrame } from '../model/documents';
import { useSignal } from '../panel/watching';
import type { RunSession } from '../run/session';
import { Actions, type ActionsProps, type Outcome, type PageAction } from './actions';
import type { News } from './asked_again';
import { ExperimentView } from './experiment';
import { FilterBar } from './filter_bar';
import { Listing } from './listing';
import { LivingComparison } from './living_comparison';
import type { Done } from './marking';
import { pageActions, type ActionName } from './page_actions';
import { ListedRuns, Troubles, useChosen } from './list_parts';
import { RunDetails, type Shown } from './run_details';
import { RunTags } from './run_tags';
import type { IRunChanges } from '../tokens';
import '../../style/runs_page.css';

export class RunsPage extends ReactWidget {
  private readonly _listing: Listing;
  private readonly _news = new Signal<this, News>(this);
  private _actions: (() => ReadonlyMap<ActionName, PageAction>) | null = null;

  constructor(
    private readonly _shown: Shown,
    changes: IRunChanges,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this._listing = new Listing(_shown.api, changes.changed, () => this.isVisible);
    changes.changed.connect(this._hear, this);
    changes.lost.connect(this._listing.hear, this._listing); // asked for, it says what is wrong
    this.addClass('kfnb-runs-page');
  }

  /** What can be done under this name; null before the page is drawn. */
  action(name: ActionName): PageAction | null {
    return this._actions?.().get(name) ?? null;
  }

  override dispose(): void {
    this._listing.dispose();
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this._listing.refresh();
  }

  /** Runs may have been made since it was seen last. */
  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._refresh();
  }

  protected override render(): JSX.Element {
    return (
      <PageView
        listing={this._listing}
        shown={this._shown}
        news={this._news}
        trans={this._trans}
        onRefresh={() => this._refresh()}
        onActions={actions => (this._actions = actions)}
      />
    );
  }

  /** Ask again for the list, and for what stands below it. */
  private _refresh(): void {
    void this._listing.refresh();
    this._news.emit(null);
  }

  /** Nothing is asked for what nobody sees. */
  private _hear(_: unknown, frame: RunsFrame): void {
    if (this.isVisible) {
      this._news.emit(frame);
    }
  }
}

interface PageProps {
  readonly listing: Listing;
  readonly shown: Shown;
  readonly news: ISignal<unknown, News>;
  readonly trans: TranslationBundle;
  readonly onRefresh: () => void;
  /** Hear how to learn what can be done. */
  readonly onActions: (actions: () => ReadonlyMap<ActionName, PageAction>) => void;
}

/** What stands below the list: nothing, one run, several side by side, or an experiment. */
type Below =
  | { readonly kind: 'experiment'; readonly name: string }
  | { readonly kind: 'run'; readonly id: string }
  | { readonly kind: 'comparison'; readonly ids: readonly string[] }
  | null;

function PageView({ listing, shown, news, trans, onRefresh, onActions }: PageProps): JSX.Element {
  const { api, openExecuted } = shown;
  useSignal(listing.changed);
  const { chosen, choose, chooseNone } = useChosen();
  const [below, setBelow] = React.useState<Below>(null);
  const [done, setDone] = React.useState<Done | null>(null);
  const [trouble, setTrouble] = React.useState<string | null>(null);
  const [session, setSession] = React.useState<RunSession | null>(null);
  const opened = below?.kind === 'run' ? below.id : null;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setTrouble(null);
    try {
      await work();
    } catch (error) {
      setTrouble((error as Error).message);
    }
  };
  const attemptNew = (work: () => Promise<void>): Promise<void> => {
    setDone(null);
    return attempt(work);
  };
  const compare = (): Promise<void> =>
    attemptNew(async () => setBelow({ kind: 'comparison', ids: [...chosen.keys()] }));
  const act = (work: () => Promise<Outcome>): Promise<void> =>
    attemptNew(async () => {
      const outcome = await work();
      setDone(outcome.done);
      await listing.load();
      if (outcome.error !== null) {
        throw outcome.error;
      }
    });
  const actOnChosen = (work: () => Promise<Outcome>): Promise<void> => {
    chooseNone();
    setBelow(null);
    return act(work);
  };
  const undo = (back: () => Promise<void>): Promise<void> =>
    attemptNew(async () => {
      await back();
      await listing.load();
    });
  const above: ActionsProps = {
    chosen: [...chosen.values()].map(run => listing.rows.find(is(run)) ?? run),
    isArchive: listing.filters.archived === 'only',
    onCompare: () => void compare(),
    onAct: work => void actOnChosen(work),
    onClear: chooseNone,
    onRefresh,
    api,
    trans
  };
  const back = done?.undo ?? null;
  const takeBack = back && ((): void => void undo(back));
  const row = listing.rows.find(run => run.run_id === opened) ?? null;
  const plot = (name: string): void => setBelow({ kind: 'experiment', name });
  React.useEffect(() => {
    onActions(() =>
      pageActions({
        ...{ above, listing, session, openExecuted, plot, attempt, api, trans },
        opened: row,
        undo: takeBack,
        act: work => void act(work)
      })
    );
  });
  return (
    <>
      <style>{CHART_STYLE}</style>
      <FilterBar {...{ listing, trans }} hasArchive />
      <Actions {...above} />
      {done !== null && <DoneNote {...{ done, trans }} onUndo={takeBack} />}
      <Troubles texts={[trouble, listing.trouble]} hints={listing.messages} />
      <ListedRuns
        onChoose={choose}
        onOpen={id => setBelow(opened === id ? null : { kind: 'run', id })}
        onExperiment={plot}
        {...{ listing, chosen, opened, trans }}
      />
      {row !== null && (
        <RunTags key={`tags of ${row.run_id}`} run={row} {...{ api, trans }} onAct={work => void act(work)} />
      )}
      {opened !== null && (
        <RunDetails key={opened} id={opened} {...{ shown, trans }} onSession={setSession} />
      )}
      {below?.kind === 'experiment' && (
        <ExperimentView
          key={below.name}
          name={below.name}
          onOpen={id => setBelow({ kind: 'run', id })}
          {...{ api, news, trans }}
        />
      )}
      {below?.kind === 'comparison' && <LivingComparison ids={below.ids} {...{ api, news, trans }} />}
    </>
  );
}

function is(run: RunRow): (other: RunRow) => boolean {
  return other => other.run_id === run.run_id;
}

/** What was just done, with a button that takes it back where that can be. */
function DoneNote(props: { done: Done; trans: TranslationBundle; onUndo: (() => void) | null }): JSX.Element {
  const { done, trans, onUndo } = props;
  return (
    <p className="kfnb-note" role="status">
      {done.text}{' '}
      {onUndo !== null && (
        <button type="button" className="kfnb-link" data-action="undo" onClick={onUndo}>
          {trans.__('Undo')}
        </button>
      )}
    </p>
  );
}
