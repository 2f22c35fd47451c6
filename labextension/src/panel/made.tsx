/** Elements that are no React's, such as charts, within components. */

import * as React from 'react';

/** Shows an element that `make` makes anew when one of `of` changes. */
export function Made(props: { make: () => Element; of: readonly unknown[] }): JSX.Element {
  const host = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => host.current?.replaceChildren(props.make()), props.of);
  return <div ref={host} />;
}
