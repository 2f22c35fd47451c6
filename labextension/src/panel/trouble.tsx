import * as React from 'react';

/** Says what went wrong, if something did, to those who listen to the page too. */
export function Trouble({ text }: { readonly text: string | null }): JSX.Element | null {
  return text === null ? null : (
    <p className="kfnb-warning" role="alert">
      {text}
    </p>
  );
}
