/** What a task prints, as it does, with a filter and a download. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { plainText } from '../model/terminal_text';

/** A growing text that stays at its end unless a person scrolled away from it. */
export function LogPane(props: { text: string; address: string; trans: TranslationBundle }): JSX.Element {
  const { text, address, trans } = props;
  const pane = React.useRef<HTMLPreElement>(null);
  const follows = React.useRef(true);
  const [wanted, setWanted] = React.useState('');
  React.useEffect(() => {
    if (follows.current && pane.current !== null) {
      pane.current.scrollTop = pane.current.scrollHeight;
    }
  }, [text]);
  const lines = plainText(text);
  const found = lines
    .split('\n')
    .filter(line => line.toLowerCase().includes(wanted.toLowerCase()))
    .join('\n');
  return (
    <div className="kfnb-log">
      <div className="kfnb-log-tools">
        <input
          className="kfnb-input"
          type="search"
          value={wanted}
          placeholder={trans.__('Lines with …')}
          aria-label={trans.__('Show only lines of the log with this text')}
          onChange={event => setWanted(event.target.value)}
        />
        <a className="kfnb-link" href={address} download>
          {trans.__('Download')}
        </a>
      </div>
      <pre
        ref={pane}
        tabIndex={0}
        role="region"
        aria-label={trans.__('Log')}
        onScroll={event => {
          const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
          follows.current = scrollTop + clientHeight >= scrollHeight - 8;
        }}
      >
        {wanted === '' ? lines || trans.__('Nothing has been printed yet.') : found}
      </pre>
    </div>
  );
}
