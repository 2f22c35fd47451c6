/** A button that says why it cannot be pressed, to everybody: also then it takes the focus, and its reason is described. */

import * as React from 'react';

export interface ReasonedButtonProps extends Omit<
  React.ButtonHTMLAttributes<HTMLButtonElement>,
  'disabled' | 'aria-disabled' | 'aria-describedby'
> {
  /** Why it cannot be pressed now; null if it can. */
  readonly why: string | null;
}

/** `title`: what it does, where it can be pressed. The reason stands beside the button while keys have put the focus on it. */
export function ReasonedButton(props: ReasonedButtonProps): JSX.Element {
  const { why, type = 'button', className = 'kfnb-button', title, onClick, children, ...others } = props;
  const id = React.useId();
  const press = (event: React.MouseEvent<HTMLButtonElement>): void => {
    if (why === null) {
      onClick?.(event);
    } else {
      event.preventDefault(); // nor is the form sent whose button this is
    }
  };
  return (
    <>
      <button
        {...{ ...others, type, className }}
        aria-disabled={why !== null}
        aria-describedby={why === null ? undefined : id}
        title={why ?? title}
        onClick={press}
      >
        {children}
      </button>
      {why !== null && (
        <span className="kfnb-reason" id={id}>
          {why}
        </span>
      )}
    </>
  );
}
