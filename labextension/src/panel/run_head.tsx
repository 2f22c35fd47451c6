/** How a run stands, and what can be done with it wherever it is shown: cancel it, resume it. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { lookOfRun } from '../graph';
import { whyNoCancel } from '../run/reasons';
import type { RunSession } from '../run/session';
import { ReasonedButton } from './reasoned_button';

interface RunProps {
  readonly session: RunSession;
  readonly trans: TranslationBundle;
}

export function RunHead({ session, trans }: RunProps): JSX.Element {
  const { status, document } = session;
  const look = lookOfRun({ state: status.state, interrupted: session.isInterrupted });
  const parameters = Object.entries(document.written)
    .map(([name, json]) => `${name} = ${json}`)
    .join(', ');
  return (
    <div className="kfnb-run-head" aria-live="polite">
      <span className="kfnb-run-state kfnb-state" style={{ borderColor: look.colour }}>
        {look.icon} {look.word}
      </span>
      <span className="kfnb-quiet">{session.id}</span>
      {document.started_by !== null && (
        <span className="kfnb-quiet"> {trans.__('started by %1', document.started_by)}</span>
      )}
      {document.cluster !== null && (
        <div className="kfnb-quiet">{trans.__('on the cluster %1', document.cluster)}</div>
      )}
      {parameters !== '' && <div className="kfnb-quiet">{parameters}</div>}
      {session.isInterrupted && (
        <p className="kfnb-warning">
          {trans.__('Nothing drives this run any more. Resume goes on where it stopped.')}
        </p>
      )}
      {session.waits !== null && (
        <p className="kfnb-hint">{trans.__('It has not begun: %1.', session.waits)}</p>
      )}
      {session.unseen !== null && (
        <p className="kfnb-warning">
          {trans.__(
            'Whether anything drives this run cannot be seen from here, only what it has written: %1',
            session.unseen
          )}
        </p>
      )}
      {status.why !== null && <p className="kfnb-hint">{status.why}</p>}
      {session.trouble !== null && <p className="kfnb-warning">{session.trouble}</p>}
    </div>
  );
}

/** Does something, and keeps why it could not be done. */
export type Attempt = (act: () => Promise<void>) => Promise<void>;

/** What buttons are pressed with, and what went wrong the last time. */
export function useAttempt(): { readonly attempt: Attempt; readonly trouble: string | null } {
  const [trouble, setTrouble] = React.useState<string | null>(null);
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setTrouble(null);
    try {
      await act();
    } catch (error) {
      setTrouble((error as Error).message);
    }
  };
  return { attempt, trouble };
}

/** The buttons that a run has now; none where it succeeded. */
export function RunControls({ session, attempt, trans }: RunProps & { attempt: Attempt }): JSX.Element {
  const isCanceling = whyNoCancel(session, trans);
  const canResume = session.isInterrupted || ['FAILED', 'CANCELED'].includes(session.status.state);
  return (
    <>
      {!session.hasEnded && (
        <ReasonedButton
          data-action="cancel"
          why={isCanceling}
          onClick={() => void attempt(() => session.cancel())}
        >
          {trans.__('Cancel')}
        </ReasonedButton>
      )}
      {canResume && (
        <button
          type="button"
          className="kfnb-button"
          data-action="resume"
          onClick={() => void attempt(() => session.resume())}
        >
          {trans.__('Resume')}
        </button>
      )}
    </>
  );
}
