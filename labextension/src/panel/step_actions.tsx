/** What can be run that is about one step, as buttons; each says why it cannot be pressed where it cannot. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { CommandIds } from '../plugins/command_ids';
import { ReasonedButton } from './reasoned_button';
import { useSignal } from './watching';

export interface StepActionsProps {
  readonly commands: CommandRegistry;
  readonly step: string;
  /** Whether it is about a task of the run that is shown, whose parameters and place count. */
  readonly beside: boolean;
  readonly trans: TranslationBundle;
}

export function StepActions({ commands, step, beside, trans }: StepActionsProps): JSX.Element {
  useSignal(commands.commandChanged);
  const args = { step, beside };
  const actions = [
    { id: CommandIds.runFromStep, label: trans.__('Run from here') },
    { id: CommandIds.runOnlyStep, label: trans.__('Only this') },
    { id: CommandIds.runUpToStep, label: trans.__('Up to here') },
    ...(beside ? [{ id: CommandIds.retryStep, label: trans.__('Retry') }] : [])
  ];
  return (
    <div className="kfnb-buttons" role="group" aria-label={trans.__('Run a part, at step %1', step)}>
      {actions.map(({ id, label }) => (
        <ReasonedButton
          key={id}
          data-action={id.replace('kfnb:', '')}
          why={commands.isEnabled(id, args) ? null : commands.caption(id, args)}
          title={commands.caption(id, args)}
          onClick={() => void commands.execute(id, args)}
        >
          {label}
        </ReasonedButton>
      ))}
    </div>
  );
}
