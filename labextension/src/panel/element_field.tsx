/** Opens any element of a fan-out by its number: of very many the graph draws only some. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { elementName } from '../model/run_state';
import { ReasonedButton } from './reasoned_button';

export interface ElementFieldProps {
  /** The fan-out. */
  readonly owner: string;
  /** How many elements it has, at least one. */
  readonly total: number;
  /** The task that is shown: the fan-out, or an element of it. */
  readonly task: string;
  readonly trans: TranslationBundle;
  readonly onOpen: (element: string) => void;
}

export function ElementField({ owner, total, task, trans, onOpen }: ElementFieldProps): JSX.Element {
  const id = React.useId();
  const shown = task === owner ? '' : task.slice(owner.length + 1, -1);
  const [text, setText] = React.useState(shown);
  React.useEffect(() => setText(shown), [shown]);
  const number = elementNumber(text, total);
  const bounds = boundsOf(total, trans);
  return (
    <form
      className="kfnb-field"
      onSubmit={event => {
        event.preventDefault();
        if (number !== null) {
          onOpen(elementName(owner, number));
        }
      }}
    >
      <label htmlFor={id}>{trans._n('Element (%1)', 'Element (one of %1)', total)}</label>
      <div className="kfnb-buttons">
        <input
          id={id}
          className="kfnb-input"
          data-field="element"
          inputMode="numeric"
          autoComplete="off"
          value={text}
          title={bounds}
          aria-invalid={text !== '' && number === null}
          onChange={event => setText(event.target.value)}
        />
        <ReasonedButton
          type="submit"
          data-action="open-element"
          why={number === null ? bounds : null}
          title={trans.__('Show this element, its log and what it made')}
        >
          {trans.__('Show')}
        </ReasonedButton>
      </div>
    </form>
  );
}

/** What the number of an element can be. */
export function boundsOf(total: number, trans: TranslationBundle): string {
  return trans.__('A whole number from 0 to %1', total - 1);
}

/** The number of an element that a person has typed; null where there is no such element. */
export function elementNumber(text: string, total: number): number | null {
  const number = /^\s*\d+\s*$/.test(text) ? Number(text) : total;
  return number < total ? number : null;
}
