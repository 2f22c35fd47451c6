/** Why a field cannot be changed: it takes the focus all the same, so that keys and screen readers come to the reason. */

import * as React from 'react';

export interface ReasonProps {
  readonly id: string;
  /** Null if the field can be changed; there is nothing to see then. */
  readonly why: string | null;
}

/** Stands behind the field; seen while keys have put the focus on that. It is no part of the name of a label around it. */
export function Reason({ id, why }: ReasonProps): JSX.Element | null {
  return why === null ? null : (
    <span className="kfnb-reason" id={id} aria-hidden>
      {why}
    </span>
  );
}

/** What a field has of its reason, the one with this id, and of what describes it at any time (ids). */
export function reasoned(
  { id, why }: ReasonProps,
  ...described: readonly string[]
): Pick<React.HTMLAttributes<HTMLElement>, 'aria-disabled' | 'aria-describedby' | 'title'> {
  const all = why === null ? described : [...described, id];
  return {
    'aria-disabled': why !== null,
    'aria-describedby': all.length === 0 ? undefined : all.join(' '),
    title: why ?? undefined
  };
}
