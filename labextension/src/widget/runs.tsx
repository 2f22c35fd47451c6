/** The anywidget module of a list of runs: the page's table of them, asked for from the kernel. */

import type { RenderProps } from '@anywidget/types';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import type { RunPage } from '../model/documents';
import { trans } from '../model/words';
import { ReasonedButton } from '../panel/reasoned_button';
import { useSignal } from '../panel/watching';
import { goesOn } from '../runs_page/columns';
import { ComparisonView } from '../runs_page/comparison';
import { FilterBar } from '../runs_page/filter_bar';
import { ChosenNote, ListedRuns, Troubles, useChosen } from '../runs_page/list_parts';
import { Listing, type RunSource } from '../runs_page/listing';
import { whyNoComparison, type Compared } from '../runs_page/overlaid';
import { Kernel } from './kernel';
import { OpenedRun } from './opened_run';
import { show } from './shown';

/** While a run of the list goes on it is asked for again so often. */
const AGAIN_AFTER_MS = 2000;

/** The traits of `RunsWidget` in kfnb/widget. */
interface Traits {
  page: RunPage;
  experiments: readonly string[];
  note: string;
  [key: string]: unknown;
}

/** The kernel as the list asks it; the first page is there already. */
class KernelSource implements RunSource {
  constructor(
    private readonly _kernel: Kernel,
    private _first: RunPage | null,
    private readonly _experiments: readonly string[]
  ) {}

  async runs(question: URLSearchParams): Promise<RunPage> {
    const first = this._first;
    this._first = null;
    const words = Object.fromEntries([...question.keys()].map(name => [name, question.getAll(name)]));
    return first ?? this._kernel.ask('page', { question: words });
  }

  async experiments(): Promise<readonly string[]> {
    return this._experiments;
  }
}

/** What stands below the list. */
type Below =
  | { readonly kind: 'run'; readonly id: string }
  | { readonly kind: 'comparison'; readonly compared: Compared }
  | null;

function RunsView(props: { listing: Listing; kernel: Kernel; note: string }): JSX.Element {
  const { listing, kernel, note } = props;
  useSignal(listing.changed);
  useSignal(kernel.changed);
  const { chosen, choose, chooseNone } = useChosen();
  const [below, setBelow] = React.useState<Below>(null);
  const [trouble, setTrouble] = React.useState<string | null>(null);
  const opened = below?.kind === 'run' ? below.id : null;
  const open = (id: string): void => {
    setTrouble(null);
    setBelow(opened === id ? null : { kind: 'run', id });
  };
  const compare = (): void => {
    setTrouble(null);
    kernel.ask<Compared>('compare', { runs: [...chosen.keys()] }).then(
      compared => setBelow({ kind: 'comparison', compared }),
      (error: Error) => setTrouble(error.message)
    );
  };
  return (
    <>
      <FilterBar {...{ listing, trans }} hasArchive={false} />
      <div className="kfnb-buttons">
        <ReasonedButton data-action="compare" why={whyNoComparison(chosen.size)} onClick={compare}>
          {trans.__('Compare')}
        </ReasonedButton>
        <ChosenNote count={chosen.size} onClear={chooseNone} trans={trans} />
      </div>
      <Troubles texts={[trouble, listing.trouble]} hints={listing.messages} />
      {kernel.isLate && (
        <p className="kfnb-quiet" role="status">
          {trans.__(
            'The kernel was asked. A busy one answers when its cell is done; after a restart, run this cell again.'
          )}
        </p>
      )}
      <ListedRuns
        onChoose={choose}
        onOpen={open}
        onExperiment={null}
        {...{ listing, chosen, opened, trans }}
      />
      {note !== '' && <p className="kfnb-hint">{note}</p>}
      {opened !== null && (
        <OpenedRun key={opened} id={opened} kernel={kernel} onTrouble={error => setTrouble(error.message)} />
      )}
      {below?.kind === 'comparison' && <ComparisonView compared={below.compared} trans={trans} />}
    </>
  );
}

function render({ model, el }: RenderProps<Traits>): () => void {
  const kernel = new Kernel(model);
  const source = new KernelSource(kernel, model.get('page'), model.get('experiments'));
  const ticks = new Signal<object, void>({}); // the kernel tells nothing of itself
  const listing = new Listing(source, ticks, () => el.isConnected);
  const timer = setInterval(() => listing.rows.some(goesOn) && ticks.emit(), AGAIN_AFTER_MS);
  const takeAway = show(el, <RunsView listing={listing} kernel={kernel} note={model.get('note')} />);
  void listing.refresh();
  return () => {
    takeAway();
    clearInterval(timer);
    listing.dispose();
    kernel.dispose();
  };
}

export default { render };
