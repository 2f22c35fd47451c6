/** Proposes steps for the notebook, shows what they would be, and writes their tags: one step of undo takes them back. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import type { Suggestion } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';
import { Proposal } from './proposal';
import { Trouble } from './trouble';

export interface SuggestStepsProps {
  readonly notebook: OpenNotebook;
  readonly api: Api;
  readonly trans: TranslationBundle;
}

export function SuggestSteps({ notebook, api, trans }: SuggestStepsProps): JSX.Element {
  const [found, setFound] = React.useState<Suggestion | null>(null);
  const [isAsking, setAsking] = React.useState(false);
  const [trouble, setTrouble] = React.useState<string | null>(null);
  const ask = async (): Promise<void> => {
    setAsking(true);
    setTrouble(null);
    try {
      setFound(await api.suggest(notebook.path, notebook.withoutOutputs()));
    } catch (error) {
      setTrouble((error as Error).message);
    }
    setAsking(false);
  };
  return (
    <section className="kfnb-suggest" aria-label={trans.__('Suggested steps')}>
      {found === null && (
        <div className="kfnb-buttons">
          <button
            type="button"
            className="kfnb-button"
            data-action="suggest"
            disabled={isAsking || notebook.isReadOnly}
            title={
              notebook.isReadOnly
                ? trans.__('This notebook can only be read.')
                : trans.__('Propose steps from headings and from what cells do; nothing is changed yet')
            }
            onClick={() => void ask()}
          >
            {isAsking ? trans.__('Reading the notebook …') : trans.__('Suggest steps')}
          </button>
        </div>
      )}
      <Trouble text={trouble} />
      {found !== null && (
        <Proposal {...{ notebook, trans }} suggestion={found} onDone={() => setFound(null)} />
      )}
    </section>
  );
}
