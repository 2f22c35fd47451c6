/** One labelled, checked field of the form of a step's settings. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { problemOf, type Field } from '../model/fields';

export interface FieldInputProps {
  readonly field: Field;
  readonly values: readonly string[];
  /** The selected steps say different things; nothing is shown, and what is written counts for all. */
  readonly isMixed: boolean;
  readonly isDisabled: boolean;
  readonly trans: TranslationBundle;
  /** Values that are offered, each with what there is to say about it; others may be written too. */
  readonly offered?: readonly { readonly value: string; readonly label: string | null }[];
  /** What there is to say about the value that is there. */
  readonly note?: string | null;
  readonly onCommit: (values: string[]) => void;
}

export function FieldInput(props: FieldInputProps): JSX.Element {
  return props.field.kind === 'flag' ? <FlagInput {...props} /> : <TextInput {...props} />;
}

function FlagInput({ field, values, isDisabled, trans, onCommit }: FieldInputProps): JSX.Element {
  return (
    <label className="kfnb-field kfnb-mod-flag" title={trans.__(field.hint)}>
      <input
        type="checkbox"
        data-field={field.key}
        checked={values.length > 0}
        disabled={isDisabled}
        onChange={event => onCommit(event.target.checked ? [field.prefix] : [])}
      />
      {trans.__(field.label)}
    </label>
  );
}

function TextInput(props: FieldInputProps): JSX.Element {
  const { field, values, isMixed, isDisabled, trans, offered = [], note = null, onCommit } = props;
  const shown = values.join('\n');
  const [text, setText] = React.useState(shown);
  React.useEffect(() => setText(shown), [shown]);
  const id = React.useId();
  const lines = field.kind === 'list' ? text.split('\n') : [text];
  const problem = lines.map(line => problemOf(field, line)).find(found => found !== null) ?? null;
  const commit = (wanted: string): void => {
    const said = (field.kind === 'list' ? wanted.split('\n') : [wanted])
      .map(line => line.trim())
      .filter(line => line !== '');
    const isWrong = said.some(line => problemOf(field, line) !== null);
    if (!isWrong && said.join('\n') !== shown) {
      onCommit(said);
    }
  };
  const shared = {
    id: `${id}-input`,
    value: text,
    disabled: isDisabled,
    'data-field': field.key,
    'aria-describedby': `${id}-hint`,
    'aria-invalid': problem !== null,
    placeholder: isMixed ? trans.__('different values') : field.example,
    onBlur: () => commit(text)
  };
  return (
    <div className="kfnb-field">
      <label htmlFor={shared.id}>{trans.__(field.label)}</label>
      {field.kind === 'list' ? (
        <textarea
          {...shared}
          className="kfnb-input"
          rows={Math.max(1, lines.length)}
          onChange={event => setText(event.target.value)}
        />
      ) : (
        <input
          {...shared}
          className="kfnb-input"
          autoComplete="off"
          list={offered.length > 0 ? `${id}-offered` : undefined}
          onChange={event => setText(event.target.value)}
          onKeyDown={event => event.key === 'Enter' && commit(text)}
        />
      )}
      {offered.length > 0 && (
        <datalist id={`${id}-offered`}>
          {offered.map(({ value, label }) => (
            <option key={value} value={value} label={label ?? undefined} />
          ))}
        </datalist>
      )}
      {problem === null ? (
        <div className="kfnb-hint" id={`${id}-hint`}>
          {trans.__(field.hint)}
          {field.kind === 'list' ? ` ${trans.__('One a line.')}` : ''}
          {note !== null && <strong> {note}</strong>}
        </div>
      ) : (
        <div className="kfnb-problem" id={`${id}-hint`} role="alert">
          {problem.text}
          {problem.better !== null && field.kind === 'text' && (
            <button
              type="button"
              className="kfnb-link"
              onClick={() => {
                setText(problem.better!);
                commit(problem.better!);
              }}
            >
              {trans.__('Write %1', problem.better)}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
