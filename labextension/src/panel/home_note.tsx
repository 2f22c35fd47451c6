/** Says what was brought home, from which run, and which cells were left alone; takes it back. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { OpenNotebook } from '../notebook/open_notebook';
import { takeBack } from '../run/bring_home';
import { isTakenBack, whyNoWayBack } from '../run/reasons';
import { ReasonedButton } from './reasoned_button';

export interface HomeNoteProps {
  readonly notebook: OpenNotebook;
  /** The run beside which it is said; null: none is shown. */
  readonly shown: string | null;
  readonly trans: TranslationBundle;
}

export function HomeNote({ notebook, shown, trans }: HomeNoteProps): JSX.Element | null {
  const { home } = notebook;
  if (home === null) {
    return null;
  }
  const { run, written, edited, gone, other } = home;
  const noWayBack = whyNoWayBack(notebook, trans);
  return (
    <div className="kfnb-note" role="status">
      {isTakenBack(home) ? (
        <>
          {trans.__('The earlier outputs are back.')}{' '}
          <button
            type="button"
            className="kfnb-link"
            data-action="close-home"
            onClick={() => (notebook.home = null)}
          >
            {trans.__('Close')}
          </button>
        </>
      ) : (
        <>
          {trans._n('Outputs of %1 cell are here.', 'Outputs of %1 cells are here.', written)}{' '}
          {run !== shown && trans.__('They came from run %1.', run)}{' '}
          <ReasonedButton
            className="kfnb-link"
            data-action="undo-home"
            why={noWayBack}
            onClick={() => takeBack(notebook)}
          >
            {trans.__('Undo')}
          </ReasonedButton>
        </>
      )}
      <Cells
        {...{ notebook }}
        text={trans.__('Left alone, as their code was edited since the run:')}
        ids={edited}
      />
      <Cells
        {...{ notebook }}
        text={trans.__('Left alone, as they have got other outputs since:')}
        ids={other}
      />
      {gone > 0 && (
        <div>{trans._n('%1 cell is not there any more.', '%1 cells are not there any more.', gone)}</div>
      )}
    </div>
  );
}

interface CellsProps {
  readonly notebook: OpenNotebook;
  readonly text: string;
  readonly ids: readonly string[];
}

/** Cells by their steps and first lines; a click shows one. */
function Cells({ notebook, text, ids }: CellsProps): JSX.Element | null {
  return ids.length === 0 ? null : (
    <div>
      {text}
      <ul>
        {ids.map(id => (
          <li key={id}>
            <button
              type="button"
              className="kfnb-link"
              data-action="show-cell"
              onClick={() => void notebook.select([id])}
            >
              {notebook.nameOf(id)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
