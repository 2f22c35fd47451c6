/** The anywidget module of a list of runs: the page's table of them, asked for from the kernel. */

import type { RenderProps } from '@anywidget/types';
import { Signal, type ISignal } from '@lumino/signaling';
import * as React from 'react';

import type { RunPage } from '../model/documents';
import { trans } from '../model/words';
import { ReasonedButton } from '../panel/reasoned_button';
import { useSignal } from '../panel/watching';
import { ComparisonView } from '../runs_page/comparison';
import { FilterBar } from '../runs_page/filter_bar';
import { ChosenNote, ListedRuns, Troubles, useChosen } from '../runs_page/list_parts';
import { Listing, type RunSource } from '../runs_page/listing';
import { whyNoComparison, type Compared } from '../runs_page/overlaid';
import { Kernel, UNASKED } from './kernel';
import { OpenedRun } from './opened_run';
import { show } from './shown';

/** The traits of `RunsWidget` in kfnb/widget. */
interface Traits {
  page: RunPage;
  experiments: readonly string[];
  note: string;
  [key: string]: unknown;
}

type Answer = () => Promise<RunPage>;

/** The kernel as the list asks it: the first page is there already, and one that has changed comes by itself. */
class KernelSource implements RunSource {
  private readonly _pushed = new Signal<this, void>(this);
  private _question: string | null = null;
  private _newest: Answer | null;
  private _leave = (): void => undefined;

  constructor(
    private readonly _kernel: Kernel,
    first: RunPage,
    private readonly _experiments: readonly string[]
  ) {
    this._newest = async () => first;
  }

  /** Says that there is a newer answer to the question that was asked last. */
  get pushed(): ISignal<this, void> {
    return this._pushed;
  }

  async runs(question: URLSearchParams): Promise<RunPage> {
    const before = this._question;
    const newest = this._newest;
    this._question = question.toString();
    this._newest = null;
    if (newest !== null && before === this._question) {
      return newest();
    }
    this._leave();
    const words = Object.fromEntries([...question.keys()].map(name => [name, question.getAll(name)]));
    if (newest !== null && before === null) {
      this._follow(words, this._push, false);
      return newest();
    }
    return new Promise(resolve => this._follow(words, answer => resolve(answer()), true));
  }

  async experiments(): Promise<readonly string[]> {
    return this._experiments;
  }

  dispose(): void {
    this._leave();
    Signal.clearData(this);
  }

  /** Ask, and have `first` hear the first answer. */
  private _follow(question: object, first: (answer: Answer) => void, isAwaited: boolean): void {
    let tell = first;
    const hear = (answer: Answer): void => {
      tell(answer);
      tell = this._push;
    };
    const show = (page: RunPage): void => hear(async () => page);
    const fail = (error: Error): void => hear(() => Promise.reject(error));
    const leave = this._kernel.follow('page', { question }, show, fail, isAwaited);
    const unhear = isAwaited ? null : this._kernel.hear(UNASKED, show, fail);
    this._leave = () => {
      leave();
      unhear?.();
    };
  }

  private readonly _push = (answer: Answer): void => {
    this._newest = answer;
    this._pushed.emit();
  };
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
        <OpenedRun
          key={opened}
          id={opened}
          kernel={kernel}
          onTrouble={error => setTrouble(error?.message ?? null)}
        />
      )}
      {below?.kind === 'comparison' && <ComparisonView compared={below.compared} trans={trans} />}
    </>
  );
}

function render({ model, el }: RenderProps<Traits>): () => void {
  const kernel = new Kernel(model);
  const source = new KernelSource(kernel, model.get('page'), model.get('experiments'));
  // What is pushed costs no question: a cell that is scrolled away is not attached, and nothing is pushed anew later.
  const listing = new Listing(source, source.pushed, () => true);
  const takeAway = show(el, <RunsView listing={listing} kernel={kernel} note={model.get('note')} />);
  void listing.refresh();
  return () => {
    takeAway();
    listing.dispose();
    source.dispose();
    kernel.dispose();
  };
}

export default { render };
