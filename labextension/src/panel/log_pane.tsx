/** What a task prints, as it does, with a filter and a download; of a long log the end, and the rest when it is wanted. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { LogText } from '../model/log_pieces';
import { plainText } from '../model/terminal_text';
import { useAttempt } from './run_head';
import { Trouble } from './trouble';

interface LogPaneProps {
  readonly log: LogText;
  /** Bring what stands before the part that is shown. */
  readonly loadEarlier: () => Promise<void>;
  readonly address: string;
  readonly trans: TranslationBundle;
}

/** A growing text that stays at its end unless a person scrolled away from it. */
export function LogPane({ log, loadEarlier, address, trans }: LogPaneProps): JSX.Element {
  const pane = React.useRef<HTMLPreElement>(null);
  const follows = React.useRef(true);
  const [wanted, setWanted] = React.useState('');
  const { attempt, trouble } = useAttempt();
  const before = React.useRef({ start: log.start, height: 0 });
  React.useLayoutEffect(() => {
    const { current: shown } = pane;
    if (shown === null) {
      return;
    }
    if (log.start < before.current.start) {
      shown.scrollTop += shown.scrollHeight - before.current.height; // what a person looks at stays where it is
    } else if (follows.current) {
      shown.scrollTop = shown.scrollHeight;
    }
    before.current = { start: log.start, height: shown.scrollHeight };
  }, [log]);
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
        {log.start > 0 && (
          <button
            type="button"
            className="kfnb-link"
            data-action="earlier"
            title={trans.__('Show what was printed before this')}
            onClick={() => void attempt(loadEarlier)}
          >
            {trans.__('Earlier …')}
          </button>
        )}
        <a className="kfnb-link" href={address} download>
          {trans.__('Download')}
        </a>
      </div>
      <Trouble text={trouble} />
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
        {log.pieces.length === 0
          ? trans.__('Nothing has been printed yet.')
          : log.pieces.map(({ id, text }) => <Piece key={id} {...{ text, wanted }} />)}
      </pre>
    </div>
  );
}

/** Some lines, or those of them with the wanted text; drawn again only where one of both is another. */
const Piece = React.memo(function Piece({ text, wanted }: { text: string; wanted: string }): JSX.Element {
  const lines = plainText(text);
  if (wanted === '') {
    return <>{lines}</>;
  }
  const found = lines.split('\n').filter(line => line.toLowerCase().includes(wanted.toLowerCase()));
  return <>{found.map(line => `${line}\n`).join('')}</>;
});
