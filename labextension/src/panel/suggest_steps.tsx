/** Proposes steps for the notebook, shows what they would be, and writes their tags: one step of undo takes them back. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { OpenNotebook } from '../notebook/open_notebook';
import { whyNoWriting } from '../run/reasons';
import { Proposal } from './proposal';
import { ReasonedButton } from './reasoned_button';
import { Trouble } from './trouble';
import { useSignal } from './watching';

export interface SuggestStepsProps {
  readonly notebook: OpenNotebook;
  readonly trans: TranslationBundle;
}

export function SuggestSteps({ notebook, trans }: SuggestStepsProps): JSX.Element {
  const { suggesting } = notebook;
  useSignal(suggesting.changed);
  const { found, isAsking, trouble } = suggesting;
  const readOnly = whyNoWriting(notebook, trans);
  return (
    <section className="kfnb-suggest" aria-label={trans.__('Suggested steps')}>
      {found === null && (
        <div className="kfnb-buttons">
          <ReasonedButton
            data-action="suggest"
            why={readOnly ?? (isAsking ? trans.__('The notebook is being read.') : null)}
            title={trans.__('Propose steps from headings and from what cells do; nothing is changed yet')}
            onClick={() => void suggesting.begin()}
          >
            {isAsking ? trans.__('Reading the notebook …') : trans.__('Suggest steps')}
          </ReasonedButton>
        </div>
      )}
      <Trouble text={trouble} />
      {found !== null && (
        <Proposal {...{ notebook, trans }} suggestion={found} onDone={() => suggesting.end()} />
      )}
    </section>
  );
}
