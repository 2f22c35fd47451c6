/** What can be done to the chosen runs: put side by side, tagged, archived, deleted. */

import { Dialog, InputDialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ApiError, type Api } from '../api';
import type { RunRow } from '../model/documents';
import { ReasonedButton } from '../panel/reasoned_button';
import { ChosenNote } from './list_parts';
import { archive, tag, toEach, type Done } from './marking';
import { whyNoComparison } from './overlaid';

/** What an action came to: what was done, even where one of the runs refused, and why that was. */
export interface Outcome {
  readonly done: Done;
  readonly error: Error | null;
}

export interface ActionsProps {
  readonly chosen: readonly RunRow[];
  readonly isArchive: boolean;
  readonly api: Api;
  readonly trans: TranslationBundle;
  readonly onCompare: () => void;
  /** Do something to the chosen runs, tell what it came to, and list again. */
  readonly onAct: (act: () => Promise<Outcome>) => void;
  readonly onClear: () => void;
  readonly onRefresh: () => void;
}

/** Something that can be done on the page of runs, by its button or its command. */
export interface PageAction {
  /** Why it cannot be done now; null if it can. */
  readonly why: string | null;
  readonly act: () => void;
}

export type ChosenName = 'compare' | 'tag' | 'archive' | 'delete' | 'refresh';

/** What can be done above the list. */
export function actionsOf(
  props: ActionsProps
): readonly (PageAction & { readonly name: ChosenName; readonly label: string })[] {
  const { chosen, isArchive, trans } = props;
  const none = chosen.length === 0 ? trans.__('Choose runs by their boxes first.') : null;
  const putting = isArchive ? trans.__('Put back') : trans.__('Archive');
  return [
    {
      name: 'compare',
      label: trans.__('Compare'),
      why: whyNoComparison(chosen.length),
      act: props.onCompare
    },
    { name: 'tag', label: trans.__('Tag…'), why: none, act: () => void askForTag(props) },
    { name: 'archive', label: putting, why: none, act: () => putAway(props) },
    { name: 'delete', label: trans.__('Delete…'), why: none, act: () => void remove(props) },
    { name: 'refresh', label: trans.__('Refresh'), why: null, act: props.onRefresh }
  ];
}

export function Actions(props: ActionsProps): JSX.Element {
  const { chosen, trans } = props;
  return (
    <div className="kfnb-buttons">
      {actionsOf(props).map(({ name, label, why, act }) => (
        <ReasonedButton key={name} data-action={name} why={why} onClick={act}>
          {label}
        </ReasonedButton>
      ))}
      <ChosenNote count={chosen.length} onClear={props.onClear} trans={trans} />
    </div>
  );
}

function putAway({ chosen, isArchive, api, trans, onAct }: ActionsProps): void {
  const text = (count: number): string =>
    isArchive
      ? trans._n('%1 run was put back.', '%1 runs were put back.', count)
      : trans._n('%1 run was archived.', '%1 runs were archived.', count);
  onAct(() => archive(api, chosen, isArchive, text));
}

async function askForTag({ chosen, api, trans, onAct }: ActionsProps): Promise<void> {
  const answer = await InputDialog.getText({
    title: trans._n('Tag %1 run', 'Tag %1 runs', chosen.length),
    label: trans.__('The tag to give them. An opened run shows its tags, with a button that takes each off.'),
    okLabel: trans.__('Tag')
  });
  const name = answer.value?.trim() ?? '';
  if (answer.button.accept && name !== '') {
    const text = (count: number): string =>
      trans._n('%1 run was tagged %2.', '%1 runs were tagged %2.', count, name);
    onAct(() => tag(api, chosen, { name, isOff: false }, text));
  }
}

async function remove({ chosen, api, trans, onAct }: ActionsProps): Promise<void> {
  const answer = await showDialog({
    title: trans._n('Delete %1 run?', 'Delete %1 runs?', chosen.length),
    body: trans.__('What they recorded is removed for good. Archive them to only take them out of the list.'),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Delete') })
    ]
  });
  if (answer.button.accept) {
    onAct(async () => {
      const ids = chosen.map(run => run.run_id);
      let isGone = false;
      const { done, error } = await toEach(ids, async id => {
        try {
          await api.remove(id, isGone);
        } catch (error) {
          isGone = error instanceof ApiError && error.isUnseen && (await askWhetherGone(error, trans));
          if (!isGone) {
            throw error;
          }
          await api.remove(id, isGone);
        }
      });
      const text = trans._n('%1 run was deleted.', '%1 runs were deleted.', done.length);
      return { done: { text, undo: null }, error };
    });
  }
}

/** Whether a person says that a cluster which cannot be asked for a run is no more. */
async function askWhetherGone(error: ApiError, trans: TranslationBundle): Promise<boolean> {
  const answer = await showDialog({
    title: trans.__('Is its cluster no more?'),
    body: (
      <>
        <p>{error.message}</p>
        <p>
          {trans.__(
            'If that cluster was deleted, nothing can be running there, and what the run recorded may be removed.'
          )}
        </p>
      </>
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Keep the run') }),
      Dialog.warnButton({ label: trans.__('It is no more: delete') })
    ]
  });
  return answer.button.accept;
}
