/** What a task prints, as it does, with a filter and a download; of a long log the end, and the rest when it is wanted. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { LogPiece, LogText } from '../model/log_pieces';
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
  const shown = useShown(log.pieces, wanted);
  const { attempt, trouble } = useAttempt();
  const before = React.useRef({ start: log.start, height: 0 });
  React.useLayoutEffect(() => {
    const { current: scrolled } = pane;
    if (scrolled === null) {
      return;
    }
    if (log.start < before.current.start) {
      scrolled.scrollTop += scrolled.scrollHeight - before.current.height; // what is looked at stays where it is
    } else if (follows.current) {
      scrolled.scrollTop = scrolled.scrollHeight;
    }
    before.current = { start: log.start, height: scrolled.scrollHeight };
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
        <a className="kfnb-link" data-action="download" href={address} download>
          {trans.__('Download')}
        </a>
      </div>
      <p className="kfnb-quiet kfnb-log-found" role="status">
        {wanted === '' ? '' : foundText(shown, log, trans)}
      </p>
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
          : shown.map(({ id, text }) => <React.Fragment key={id}>{text}</React.Fragment>)}
      </pre>
    </div>
  );
}

/** A piece as it is shown: its lines, or those of them with the wanted text. */
interface Shown {
  readonly id: number;
  readonly text: string;
  readonly count: number;
}

/** Return what is shown of pieces; each is looked through once for one wanted text, however the log grows. */
function useShown(pieces: readonly LogPiece[], wanted: string): readonly Shown[] {
  const known = React.useMemo(() => new WeakMap<LogPiece, Shown>(), [wanted]);
  return pieces.map(piece => {
    const shown = known.get(piece) ?? shownOf(piece, wanted.toLowerCase());
    known.set(piece, shown);
    return shown;
  });
}

function shownOf({ id, text }: LogPiece, wanted: string): Shown {
  const plain = plainText(text);
  if (wanted === '') {
    return { id, text: plain, count: 0 };
  }
  const lines = plain.split('\n').filter(line => line.toLowerCase().includes(wanted));
  return { id, text: lines.map(line => `${line}\n`).join(''), count: lines.length };
}

/** Say how many lines were found, and where no more than a part of the log was searched. */
function foundText(shown: readonly Shown[], { start }: LogText, trans: TranslationBundle): string {
  const count = shown.reduce((sum, piece) => sum + piece.count, 0);
  const found = trans._n('%1 line found.', '%1 lines found.', count);
  return start > 0
    ? `${found} ${trans.__('Only the part that is shown was searched; “Earlier …” brings more.')}`
    : found;
}
