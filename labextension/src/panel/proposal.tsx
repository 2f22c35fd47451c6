/** Proposed steps before their tags are written: all that would be tagged, why, and what would flow. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { edgeLabel } from '../graph/model';
import type { Suggestion } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';
import { applySuggestion } from '../notebook/suggesting';
import { Findings } from './findings';

export interface ProposalProps {
  readonly notebook: OpenNotebook;
  readonly trans: TranslationBundle;
  readonly suggestion: Suggestion;
  readonly onDone: () => void;
}

export function Proposal({ notebook, trans, suggestion, onDone }: ProposalProps): JSX.Element {
  const { steps, edges, setup, parameters, metrics, skippable, notes, diagnostics } = suggestion;
  const isNothing = suggestion.tags.length === 0;
  return (
    <>
      <h2>{isNothing ? trans.__('Nothing is to be changed') : trans.__('Suggested steps')}</h2>
      <ol className="kfnb-proposal">
        {steps.map(step => (
          <li key={step.name} data-step={step.name}>
            <button
              type="button"
              className="kfnb-link"
              data-action="show-cells"
              onClick={() => void notebook.select(step.cells)}
            >
              {step.name}
            </button>
            <div className="kfnb-hint">{step.why}</div>
            {edges
              .filter(({ target }) => target === step.name)
              .map(edge => (
                <div key={edge.source} className="kfnb-hint" data-edge={edge.source}>
                  {trans.__('from %1: %2', edge.source, edgeLabel(edge))}
                </div>
              ))}
          </li>
        ))}
      </ol>
      <Cells
        {...{ notebook, trans }}
        kind="parameters"
        title={trans.__('Parameters of the pipeline')}
        cells={parameters === null ? [] : [parameters]}
      />
      <Cells {...{ notebook, trans }} kind="setup" title={trans.__('What all steps need')} cells={setup} />
      <Cells {...{ notebook, trans }} kind="metrics" title={trans.__('Metrics of the run')} cells={metrics} />
      <Cells
        {...{ notebook, trans }}
        kind="skippable"
        title={trans.__('Only looks at data, and could be left out; it is not tagged')}
        cells={skippable}
      />
      {notes.map(note => (
        <p key={note} className="kfnb-hint">
          {note}
        </p>
      ))}
      {diagnostics.length > 0 && (
        <section data-group="after-suggestion" aria-label={trans.__('Doubtful with these steps')}>
          <Findings {...{ notebook, trans }} findings={diagnostics.map(one => ({ ...one, apply: null }))} />
        </section>
      )}
      <div className="kfnb-buttons">
        {!isNothing && (
          <button
            type="button"
            className="kfnb-button kfnb-mod-main"
            data-action="apply-suggestion"
            onClick={() => applySuggestion(notebook)}
          >
            {trans.__('Write these tags')}
          </button>
        )}
        <button type="button" className="kfnb-button" data-action="dismiss-suggestion" onClick={onDone}>
          {isNothing ? trans.__('Close') : trans.__('Leave it')}
        </button>
      </div>
    </>
  );
}

interface CellsProps {
  readonly notebook: OpenNotebook;
  readonly trans: TranslationBundle;
  readonly kind: string;
  readonly title: string;
  readonly cells: readonly { readonly cell_id: string; readonly why: string }[];
}

/** Cells for which something is proposed that makes no step. */
function Cells({ notebook, trans, kind, title, cells }: CellsProps): JSX.Element | null {
  return cells.length === 0 ? null : (
    <section data-proposed={kind} aria-label={title}>
      <h3>{title}</h3>
      <ul className="kfnb-proposal">
        {cells.map(({ cell_id, why }) => (
          <li key={cell_id}>
            <button
              type="button"
              className="kfnb-link"
              data-action="show-cell"
              onClick={() => void notebook.select([cell_id])}
            >
              {trans.__('show the cell')}
            </button>
            <div className="kfnb-hint">{why}</div>
          </li>
        ))}
      </ul>
    </section>
  );
}
