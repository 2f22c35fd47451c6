/** What commands do on the page of runs: what its buttons do. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Api } from '../api';
import type { RunRow } from '../model/documents';
import { askForElement } from '../panel/ask_for_element';
import { downloadLog, whyNoEarlier } from '../run/logs';
import { whyNoElement, whyNoPod } from '../run/looked_at';
import { whyNoCancel, whyNoneClicked, whyNoTask } from '../run/reasons';
import type { RunSession, TaskTab } from '../run/session';
import { whyNoResume } from '../run/step_runs';
import { actionsOf, type ActionsProps, type ChosenName, type Outcome, type PageAction } from './actions';
import { askWhich, type WhichWords } from './ask_which';
import { saidCondition, takeAway } from './filter_bar';
import { whyNoNext, whyNoPrevious } from './list_parts';
import type { Listing } from './listing';
import { changeTag } from './run_tags';

export type ActionName =
  ChosenName | OpenedName | 'undo' | 'previous' | 'next' | 'uncondition' | 'plot' | 'untag';

type OpenedName = 'cancel' | 'resume' | 'executed' | 'earlier' | 'download' | 'element' | TaskTab;

export interface PageState {
  readonly above: ActionsProps;
  readonly listing: Listing;
  /** Takes back what was done last; null: there is nothing to take back. */
  readonly undo: (() => void) | null;
  /** The run that is opened below the list, as the list has it. */
  readonly opened: RunRow | null;
  /** The same as it goes. */
  readonly session: RunSession | null;
  /** Plots an experiment below the list. */
  readonly plot: (name: string) => void;
  /** Does something to runs, tells what it came to, and lists them again. */
  readonly act: (work: () => Promise<Outcome>) => void;
  /** Does something, and says on the page why it could not be done. */
  readonly attempt: (act: () => Promise<void>) => Promise<void>;
  /** Opens what a task of a run executed; null where JupyterLab shows no notebooks. */
  readonly openExecuted: ((run: string, task: string) => void) | null;
  readonly api: Api;
  readonly trans: TranslationBundle;
}

/** What can be done as the page stands now. */
export function pageActions(state: PageState): ReadonlyMap<ActionName, PageAction> {
  const { above, listing, undo, trans } = state;
  return new Map<ActionName, PageAction>([
    ...actionsOf(above).map(action => [action.name, action] as const),
    ...ofOpened(state),
    [
      'undo',
      {
        why: undo === null ? trans.__('Nothing was done here that can be taken back.') : null,
        act: () => undo?.()
      }
    ],
    ['previous', { why: whyNoPrevious(listing, trans), act: () => listing.previous() }],
    ['next', { why: whyNoNext(listing, trans), act: () => listing.next() }],
    ...asking(state)
  ]);
}

/** What asks first which of several is meant. */
function asking(state: PageState): readonly (readonly ['uncondition' | 'plot' | 'untag', PageAction])[] {
  const { listing, opened, plot, act, attempt, api, trans } = state;
  const { experiments, filters } = listing;
  const { conditions } = filters;
  const tags = opened?.tags ?? [];
  const ask = (items: readonly string[], words: WhichWords, then: (place: number) => void): (() => void) => {
    const work = async (): Promise<void> => {
      const place = await askWhich(items, words);
      if (place !== null) {
        then(place);
      }
    };
    return () => void attempt(work);
  };
  const condition: WhichWords = {
    title: trans.__('Take a condition away'),
    label: trans.__('What runs need not be any more to be listed'),
    okLabel: trans.__('Take it away')
  };
  const experiment: WhichWords = {
    title: trans.__('Plot an experiment'),
    label: trans.__('The experiment whose runs are plotted'),
    okLabel: trans.__('Plot')
  };
  const tag: WhichWords = {
    title: trans.__('Take a tag off the run'),
    label: trans.__('The tag that the run is to have no more'),
    okLabel: trans.__('Take it off')
  };
  return [
    [
      'uncondition',
      {
        why: conditions.length === 0 ? trans.__('The list has no conditions.') : null,
        act: ask(
          conditions.map(each => saidCondition(each, trans)),
          condition,
          place => takeAway(listing, conditions[place]!)
        )
      }
    ],
    [
      'plot',
      {
        why: experiments.length === 0 ? trans.__('There are no experiments yet.') : null,
        act: ask(experiments, experiment, place => plot(experiments[place]!))
      }
    ],
    [
      'untag',
      {
        why: whyNotOpened(opened, trans) ?? (tags.length === 0 ? trans.__('The run has no tags.') : null),
        act: ask(tags, tag, place =>
          act(() => changeTag(api, opened!, { name: tags[place]!, isOff: true }, trans))
        )
      }
    ]
  ];
}

function whyNotOpened(opened: object | null, trans: TranslationBundle): string | null {
  return opened === null ? trans.__('Open a run of the list by its name first.') : null;
}

/** What can be done to the run that is opened below the list. */
function ofOpened(state: PageState): readonly (readonly [OpenedName, PageAction])[] {
  const { session, openExecuted, attempt, api, trans } = state;
  const action = (
    why: (session: RunSession, trans: TranslationBundle) => string | null,
    act: (session: RunSession) => void | Promise<void>
  ): PageAction => ({
    why: whyNotOpened(session, trans) ?? why(session!, trans),
    act: () => void attempt(async () => act(session!))
  });
  const whyNotExecuted = (run: RunSession): string | null =>
    openExecuted === null ? trans.__('JupyterLab shows no notebooks here.') : whyNoTask(run, trans);
  const see = (tab: TaskTab) => (run: RunSession) => {
    run.tab = tab;
  };
  return [
    ['cancel', action(whyNoCancel, run => run.cancel())],
    ['resume', action(whyNoResume, run => run.resume())],
    ['executed', action(whyNotExecuted, run => openExecuted!(run.id, run.log!.source))],
    ['log', action(whyNoneClicked, see('log'))],
    ['events', action(whyNoneClicked, see('events'))],
    ['pod', action(whyNoPod, see('pod'))],
    ['element', action(whyNoElement, run => askForElement(run, trans))],
    ['earlier', action(whyNoEarlier, run => run.loadEarlier())],
    ['download', action(whyNoTask, run => downloadLog(api, run))]
  ];
}
