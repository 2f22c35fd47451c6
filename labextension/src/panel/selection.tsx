/** A labelled field in which one of several values is chosen. */

import * as React from 'react';

/** A value, and what it is called; null: it is not offered. */
export type Choice = readonly [value: string, label: string] | null;

export interface SelectionProps {
  readonly label: string;
  /** The field's name, for what looks for it. */
  readonly field: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
  /** What else belongs to the field, below it. */
  readonly children?: React.ReactNode;
}

export function Selection({ label, field, value, choices, onChange, children }: SelectionProps): JSX.Element {
  const id = React.useId();
  return (
    <div className="kfnb-field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="kfnb-input"
        data-field={field}
        value={value}
        onChange={event => onChange(event.target.value)}
      >
        {choices.map(
          choice =>
            choice !== null && (
              <option key={choice[0]} value={choice[0]}>
                {choice[1]}
              </option>
            )
        )}
      </select>
      {children}
    </div>
  );
}
