/** What commands do on the page of runs: what its buttons do. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Api } from '../api';
import { downloadLog, whyNoEarlier } from '../run/logs';
import { whyNoCancel, whyNoTask } from '../run/reasons';
import type { RunSession } from '../run/session';
import { whyNoResume } from '../run/step_runs';
import { actionsOf, type ActionsProps, type ChosenName, type PageAction } from './actions';
import { whyNoNext, whyNoPrevious } from './list_parts';
import type { Listing } from './listing';

export type ActionName = ChosenName | OpenedName | 'undo' | 'previous' | 'next';

type OpenedName = 'cancel' | 'resume' | 'executed' | 'earlier' | 'download';

export interface PageState {
  readonly above: ActionsProps;
  readonly listing: Listing;
  /** Takes back what was done last; null: there is nothing to take back. */
  readonly undo: (() => void) | null;
  /** The run that is opened below the list. */
  readonly session: RunSession | null;
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
    ['next', { why: whyNoNext(listing, trans), act: () => listing.next() }]
  ]);
}

/** What can be done to the run that is opened below the list. */
function ofOpened(state: PageState): readonly (readonly [OpenedName, PageAction])[] {
  const { session, openExecuted, attempt, api, trans } = state;
  const action = (
    why: (session: RunSession, trans: TranslationBundle) => string | null,
    act: (session: RunSession) => void | Promise<void>
  ): PageAction => ({
    why: session === null ? trans.__('Open a run of the list by its name first.') : why(session, trans),
    act: () => void attempt(async () => act(session!))
  });
  const whyNotExecuted = (run: RunSession): string | null =>
    openExecuted === null ? trans.__('JupyterLab shows no notebooks here.') : whyNoTask(run, trans);
  return [
    ['cancel', action(whyNoCancel, run => run.cancel())],
    ['resume', action(whyNoResume, run => run.resume())],
    ['executed', action(whyNotExecuted, run => openExecuted!(run.id, run.log!.source))],
    ['earlier', action(whyNoEarlier, run => run.loadEarlier())],
    ['download', action(whyNoTask, run => downloadLog(api, run))]
  ];
}
