/** One labelled, checked field of the form of a step's settings. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Finding } from '../model/documents';
import { problemOf, type Field } from '../model/fields';
import { saidWithFix } from '../model/findings';
import { Reason, reasoned } from './reason';

export interface FieldInputProps {
  readonly field: Field;
  readonly values: readonly string[];
  /** The selected steps say different things; what is written counts for all, and lists keep what is not shown. */
  readonly isMixed: boolean;
  /** What comments in the cells say. */
  readonly commented: readonly string[];
  /** Only the comments can be changed. */
  readonly isFixed: boolean;
  /** Why nothing can be changed; null if it can. */
  readonly why: string | null;
  readonly trans: TranslationBundle;
  /** Values that are offered, each with what there is to say about it; others may be written too. */
  readonly offered?: readonly { readonly value: string; readonly label: string | null }[];
  /** What there is to say about the value that is there. */
  readonly note?: string | null;
  /** What the server finds wrong or doubtful with the values that are there. */
  readonly findings?: readonly Finding[];
  readonly onCommit: (values: string[]) => void;
}

export function FieldInput(props: FieldInputProps): JSX.Element {
  return props.field.kind === 'flag' ? <FlagInput {...props} /> : <TextInput {...props} />;
}

function FlagInput(props: FieldInputProps): JSX.Element {
  const { field, values, isMixed, isFixed, trans, onCommit } = props;
  const comment = commentNote(props);
  const why = props.why ?? (isFixed ? comment : null);
  return (
    <label className="kfnb-field kfnb-mod-flag" title={trans.__(field.hint)}>
      <CheckBox
        data-field={field.key}
        isOn={values.length > 0}
        {...{ isMixed, why }}
        onToggle={isOn => onCommit(isOn ? [field.prefix] : [])}
      />
      {trans.__(field.label)}
      {comment !== null && <span className="kfnb-hint">{comment}</span>}
    </label>
  );
}

export interface CheckBoxProps {
  readonly isOn: boolean;
  /** It is on for some and off for others; a click puts it on for all. */
  readonly isMixed: boolean;
  /** Why it cannot be ticked; null if it can. */
  readonly why: string | null;
  readonly onToggle: (isOn: boolean) => void;
  readonly value?: string;
  readonly 'data-field'?: string;
}

/** A box that can be half ticked. */
export function CheckBox({ isOn, isMixed, why, onToggle, ...rest }: CheckBoxProps): JSX.Element {
  const reason = { id: React.useId(), why };
  return (
    <>
      <input
        {...rest}
        {...reasoned(reason)}
        type="checkbox"
        checked={isOn && !isMixed}
        ref={box => {
          if (box !== null) {
            box.indeterminate = isMixed;
          }
        }}
        onChange={({ target }) => {
          if (why === null) {
            onToggle(target.checked);
          } else {
            target.indeterminate = isMixed; // the click has taken that away
          }
        }}
      />
      <Reason {...reason} />
    </>
  );
}

/** What there is to say about the comments that say something of a field, null where none does. */
function commentNote({ field, commented, isFixed, trans }: FieldInputProps): string | null {
  if (commented.length === 0) {
    return null;
  }
  return isFixed
    ? trans.__('A comment in the cell says so; it is changed there.')
    : trans.__('A comment in a cell says: %1', field.kind === 'flag' ? field.prefix : commented.join(', '));
}

function TextInput(props: FieldInputProps): JSX.Element {
  const { field, values, isMixed, isFixed, trans, offered = [], note = null } = props;
  const { findings = [], onCommit } = props;
  const comment = commentNote(props);
  const shown = values.join('\n');
  const [text, setText] = React.useState(shown);
  React.useEffect(() => setText(shown), [shown]);
  const id = React.useId();
  const reason = { id: `${id}-why`, why: props.why ?? (isFixed ? comment : null) };
  const lines = field.kind === 'list' ? text.split('\n') : [text];
  const wrongAt = lines.findIndex(line => problemOf(field, line) !== null);
  const problem = problemOf(field, lines[wrongAt] ?? '');
  const found = text === shown ? findings : []; // else they are about what was there before
  const commit = (wanted: string): void => {
    const said = (field.kind === 'list' ? wanted.split('\n') : [wanted])
      .map(line => line.trim())
      .filter(line => line !== '');
    const isWrong = said.some(line => problemOf(field, line) !== null);
    if (reason.why === null && !isWrong && said.join('\n') !== shown) {
      onCommit(said);
    }
  };
  const mend = (better: string): void => {
    const mended = lines.map((line, place) => (place === wrongAt ? better : line)).join('\n');
    setText(mended);
    commit(mended);
  };
  const shared = {
    id: `${id}-input`,
    value: text,
    ...reasoned(reason, `${id}-found`, `${id}-hint`),
    readOnly: reason.why !== null,
    'data-field': field.key,
    'aria-invalid': problem !== null || found.some(({ severity }) => severity === 'error'),
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
      <Reason {...reason} />
      {offered.length > 0 && (
        <datalist id={`${id}-offered`}>
          {offered.map(({ value, label }) => (
            <option key={value} value={value} label={label ?? undefined} />
          ))}
        </datalist>
      )}
      <div id={`${id}-found`} role="alert">
        {found.map((finding, index) => (
          <div key={index} className="kfnb-problem" data-code={finding.code}>
            {saidWithFix(finding)}
          </div>
        ))}
      </div>
      {problem === null ? (
        <div className="kfnb-hint" id={`${id}-hint`}>
          {trans.__(field.hint)}
          {field.kind === 'list' ? ` ${trans.__('One a line.')}` : ''}
          {isMixed &&
            field.kind === 'list' &&
            ` ${trans.__('What only some of the steps have stays with them.')}`}
          {comment !== null && <strong> {comment}</strong>}
          {note !== null && <strong> {note}</strong>}
        </div>
      ) : (
        <div className="kfnb-problem" id={`${id}-hint`} role="alert">
          {problem.text}
          {problem.better !== null && reason.why === null && (
            <button
              type="button"
              className="kfnb-link"
              data-action="write-better"
              onClick={() => mend(problem.better!)}
            >
              {trans.__('Write %1', problem.better)}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
