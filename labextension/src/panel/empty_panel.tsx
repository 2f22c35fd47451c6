/** What the panel says where no notebook is open: the three things that people do. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { CommandIds } from '../plugins/command_ids';

export function EmptyPanel(props: { commands: CommandRegistry; trans: TranslationBundle }): JSX.Element {
  const { commands, trans } = props;
  return (
    <div className="kfnb-empty">
      <h2>{trans.__('A notebook as a pipeline')}</h2>
      <ol>
        <li>{trans.__('Tag cells as steps: with the button of the cell’s toolbar, or here.')}</li>
        <li>{trans.__('Run: the steps run as a pipeline on this machine, side by side where they can.')}</li>
        <li>{trans.__('Watch it here, and bring the outputs home under the cells that they came from.')}</li>
      </ol>
      <button
        type="button"
        className="kfnb-button kfnb-mod-main"
        data-action="open-example"
        onClick={() => void commands.execute(CommandIds.openExample)}
      >
        {trans.__('Open example')}
      </button>
    </div>
  );
}
