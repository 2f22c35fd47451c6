/** Commands that say why they cannot be given, where they cannot: in their caption, and in their label. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { OpenNotebook } from '../notebook/open_notebook';
import type { OpenNotebooks } from '../notebook/open_notebooks';

/** What a command without arguments says of them. */
export const NO_ARGUMENTS = { args: { type: 'object' as const, properties: {} } };

export interface Reasoned {
  readonly label: string;
  readonly caption: string;
  readonly icon?: LabIcon;
  readonly describedBy?: CommandRegistry.ICommandOptions['describedBy'];
  /** Why it cannot be given now; null if it can. */
  readonly why: (args: ReadonlyPartialJSONObject) => string | null;
  readonly execute: (args: ReadonlyPartialJSONObject) => void | Promise<void>;
}

/** Add a command to JupyterLab. */
export function addReasoned(commands: CommandRegistry, id: string, parts: Reasoned): void {
  const { label, caption, icon, why, execute } = parts;
  commands.addCommand(id, {
    label: args => labelled(label, why(args)),
    caption: args => why(args) ?? caption,
    icon,
    describedBy: parts.describedBy ?? NO_ARGUMENTS,
    isEnabled: args => why(args) === null,
    execute: async args => {
      if (why(args) === null) {
        await execute(args);
      }
    }
  });
}

/** A command about the notebook that is in front. */
export interface AboutNotebook {
  readonly label: string;
  readonly caption: string;
  readonly why: (notebook: OpenNotebook) => string | null;
  readonly execute: (notebook: OpenNotebook) => void | Promise<void>;
}

export interface NotebookCommandParts {
  readonly app: JupyterFrontEnd;
  readonly notebooks: OpenNotebooks;
  readonly trans: TranslationBundle;
}

/** Add a command about the notebook that is in front, which cannot be given where there is none. */
export function addAboutNotebook(parts: NotebookCommandParts, id: string, about: AboutNotebook): void {
  const { app, notebooks, trans } = parts;
  addReasoned(app.commands, id, {
    label: about.label,
    caption: about.caption,
    why: () => (notebooks.current === null ? trans.__('No notebook is open.') : about.why(notebooks.current)),
    execute: () => about.execute(notebooks.current!)
  });
}

/**
 * Menus and the palette show no caption: there the label says why an item cannot be chosen.
 *
 * It does so without arguments of the item: one with arguments of its own does not show the keys of its command.
 */
export function labelled(label: string, why: string | null): string {
  return why === null ? label : `${label} (${why.replace(/\.$/, '')})`;
}
