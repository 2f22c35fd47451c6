/** The tags of a run: each with a button that takes it off, and a field for one more. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import type { RunRow } from '../model/documents';
import { ReasonedButton } from '../panel/reasoned_button';
import type { Outcome } from './actions';
import { tag } from './marking';

interface RunTagsProps {
  readonly run: RunRow;
  readonly api: Api;
  readonly trans: TranslationBundle;
  readonly onAct: (act: () => Promise<Outcome>) => void;
}

/** Give a tag to a run, or take it off. */
export function changeTag(
  api: Api,
  run: RunRow,
  change: { readonly name: string; readonly isOff: boolean },
  trans: TranslationBundle
): Promise<Outcome> {
  const { name, isOff } = change;
  return tag(api, [run], change, () =>
    isOff ? trans.__('The tag %1 was taken off.', name) : trans.__('The tag %1 was given.', name)
  );
}

export function RunTags({ run, api, trans, onAct }: RunTagsProps): JSX.Element {
  const [name, setName] = React.useState('');
  const add = (event: React.FormEvent): void => {
    event.preventDefault();
    if (name.trim() !== '') {
      onAct(() => changeTag(api, run, { name: name.trim(), isOff: false }, trans));
      setName('');
    }
  };
  return (
    <form className="kfnb-runs-filters" aria-label={trans.__('Tags')} onSubmit={add}>
      {run.tags.length > 0 && (
        <ul className="kfnb-tags" aria-label={trans.__('Tags of the run')}>
          {run.tags.map(each => (
            <li key={each} className="kfnb-tag">
              {each}{' '}
              <button
                type="button"
                data-action="take-off"
                aria-label={trans.__('Take off the tag %1', each)}
                onClick={() => onAct(() => changeTag(api, run, { name: each, isOff: true }, trans))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        className="kfnb-input"
        value={name}
        placeholder={trans.__('tag')}
        aria-label={trans.__('Another tag for this run')}
        onChange={event => setName(event.target.value)}
      />
      <ReasonedButton
        type="submit"
        data-action="add-tag"
        why={name.trim() === '' ? trans.__('Type a tag first.') : null}
      >
        {trans.__('Tag')}
      </ReasonedButton>
    </form>
  );
}
