/** What one cell is for, and the name of its step. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { commentedNameProblem, isNamedIn, renamedIn } from '../model/comments';
import { FIELDS, METRICS } from '../model/fields';
import { withRenamed } from '../model/placement';
import {
  nameProblem,
  renamed,
  roleIn,
  roleOf,
  stepNameIn,
  stepNameOf,
  valuesOf,
  withRole,
  withValues,
  type Role,
  type TaggedCell
} from '../model/tags';
import type { OpenNotebook } from '../notebook/open_notebook';
import { FieldInput } from './field_input';
import { Reason, reasoned } from './reason';
import { trans } from '../model/words';

const ROLES: readonly { readonly role: Role; readonly label: string }[] = [
  { role: 'continues', label: trans.__('goes on with what is above') },
  { role: 'step', label: trans.__('begins a step, or goes on with it') },
  { role: 'parameters', label: trans.__('holds the parameters of the pipeline') },
  { role: 'imports', label: trans.__('is imports that all steps need') },
  { role: 'functions', label: trans.__('is functions that all steps need') },
  { role: 'skip', label: trans.__('is not part of the pipeline') }
];

export interface CellRoleProps {
  readonly notebook: OpenNotebook;
  readonly trans: TranslationBundle;
  readonly cell: TaggedCell;
  /** Why nothing can be changed; null if it can. */
  readonly why: string | null;
}

export function CellRole({ notebook, trans, cell, ...props }: CellRoleProps): JSX.Element {
  const said = roleIn(cell);
  const isCommented = said !== roleOf(cell.tags);
  const comment = trans.__('A comment in the cell says so; it is changed there.');
  const why = props.why ?? (isCommented ? comment : null);
  const metrics = valuesOf(METRICS, cell.tags);
  const commented = valuesOf(METRICS, cell.comment ?? []);
  const [chosen, setChosen] = React.useState<Role>(said);
  const id = React.useId();
  const reason = { id: `${id}-why`, why };
  const tags = [said, ...cell.tags].join('\n');
  React.useEffect(() => setChosen(said), [tags]);
  const choose = (role: Role): void => {
    setChosen(role);
    if (role !== 'step') {
      notebook.writeTags(new Map([[cell.id, withRole(cell.tags, role, '', FIELDS)]]));
    }
  };
  return (
    <div className="kfnb-cell-role">
      <div className="kfnb-field">
        <label htmlFor={`${id}-role`}>{trans.__('This cell')}</label>
        <select
          id={`${id}-role`}
          className="kfnb-input"
          data-field="role"
          value={chosen}
          {...reasoned(reason)}
          onChange={event => choose(event.target.value as Role)}
        >
          {ROLES.filter(({ role }) => why === null || role === chosen).map(({ role, label }) => (
            <option key={role} value={role}>
              {trans.__(label)}
            </option>
          ))}
        </select>
        <Reason {...reason} />
        {isCommented && <div className="kfnb-hint">{comment}</div>}
      </div>
      {chosen === 'step' && <StepName {...{ notebook, trans, cell, why }} />}
      {['step', 'continues'].includes(chosen) && (
        <FieldInput
          field={METRICS}
          values={[...metrics, ...commented]}
          isMixed={false}
          isFixed={metrics.length === 0 && commented.length > 0}
          why={props.why}
          {...{ commented, trans }}
          onCommit={values =>
            notebook.writeTags(new Map([[cell.id, withValues(cell.tags, METRICS, values)]]))
          }
        />
      )}
    </div>
  );
}

function StepName({ notebook, trans, cell, why }: CellRoleProps): JSX.Element {
  const name = stepNameIn(cell) ?? '';
  const [text, setText] = React.useState(name);
  const id = React.useId();
  React.useEffect(() => setText(name), [name]);
  const reason = { id: `${id}-why`, why };
  const problem = nameProblem(text) ?? renamingProblem(notebook, cell, text);
  return (
    <div className="kfnb-field">
      <label htmlFor={`${id}-name`}>{trans.__('Step')}</label>
      <input
        id={`${id}-name`}
        className="kfnb-input"
        data-field="step"
        list={`${id}-steps`}
        value={text}
        {...reasoned(reason, `${id}-hint`)}
        readOnly={why !== null}
        autoComplete="off"
        placeholder={trans.__('name of the step')}
        aria-invalid={problem !== null}
        onChange={event => setText(event.target.value)}
        onBlur={() => nameStep(notebook, cell, text)}
        onKeyDown={event => event.key === 'Enter' && nameStep(notebook, cell, text)}
      />
      <Reason {...reason} />
      <datalist id={`${id}-steps`}>
        {notebook.taggedSteps.map(step => (
          <option key={step.name} value={step.name} />
        ))}
      </datalist>
      <div className={problem === null ? 'kfnb-hint' : 'kfnb-problem'} id={`${id}-hint`}>
        {problem === null ? trans.__('A name that another cell has goes on with that step.') : problem}
      </div>
    </div>
  );
}

/**
 * Give the step that a cell begins a name: all that speak of it follow, unless another step has that name already. It is
 * one step of undo.
 */
export function nameStep(notebook: OpenNotebook, cell: TaggedCell, wanted: string): void {
  const text = wanted.trim();
  if (text === '' || text === stepNameIn(cell) || renamingProblem(notebook, cell, text) !== null) {
    return;
  }
  const from = renamedFrom(notebook, cell, text);
  const changes = from === null ? new Map<string, string[]>() : renamed(notebook.cells, from, text);
  if (!changes.has(cell.id)) {
    changes.set(cell.id, withRole(cell.tags, 'step', text, FIELDS));
  }
  notebook.change(() => {
    notebook.writeTags(changes);
    if (from !== null) {
      const named = notebook.cells.filter(one => isNamedIn(one, from));
      notebook.writeSources(
        named.map(({ id }) => id),
        source => renamedIn(source, from, text)
      );
      notebook.writePlacements(withRenamed(notebook.placements, from, text));
    }
  });
}

/** The name of the step that is renamed where a cell gets another; null where the cell goes over to another step. */
function renamedFrom(notebook: OpenNotebook, cell: TaggedCell, to: string): string | null {
  return notebook.taggedSteps.some(step => step.name === to) ? null : stepNameOf(cell.tags);
}

/** Why the step cannot have this name, which comments would have to say too; null if it can. */
export function renamingProblem(notebook: OpenNotebook, cell: TaggedCell, wanted: string): string | null {
  const text = wanted.trim();
  const from = renamedFrom(notebook, cell, text);
  return from !== null && from !== text && notebook.cells.some(one => isNamedIn(one, from))
    ? commentedNameProblem(text)
    : null;
}
