/** The *Step* tab: what the selected cells are for, and the settings of their steps. Each change is one step of undo. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import { countsUpTo, mostFor, nodesInWords, noteOf, noteOfCount } from '../model/accelerators';
import { stepColour } from '../model/colours';
import type { Accelerators } from '../model/documents';
import { FIELDS, type Field } from '../model/fields';
import { findingsAt } from '../model/findings';
import { changesOfAll, choicesOf, saidOf, type Choice } from '../model/several_steps';
import { commentedIn, stepNameOf, valuesOfStep, type TaggedStep } from '../model/tags';
import type { OpenNotebook } from '../notebook/open_notebook';
import { whyNoWriting } from '../run/reasons';
import { CellRole } from './cell_role';
import { useAccelerators } from './clusters';
import { CheckBox, FieldInput, type FieldInputProps } from './field_input';
import { PlacementFields } from './placement_fields';
import { ReasonedButton } from './reasoned_button';
import { SettingsGroup } from './settings_group';
import { trans } from '../model/words';

const GROUPS: readonly { readonly key: Field['group']; readonly title: string }[] = [
  { key: 'resources', title: trans.__('Resources') },
  { key: 'flow', title: trans.__('Order, retries, cache') },
  { key: 'environment', title: trans.__('Image, packages, secrets') },
  { key: 'data', title: trans.__('Files and volumes') },
  { key: 'place', title: trans.__('Where it runs') },
  { key: 'code', title: trans.__('What the code does not show') }
];

export interface StepTabProps {
  readonly notebook: OpenNotebook;
  readonly trans: TranslationBundle;
}

export function StepTab({ notebook, api, trans }: StepTabProps & { api: Api }): JSX.Element {
  const ids = new Set(notebook.selectedCells);
  const selected = notebook.cells.filter(cell => cell.isCode && ids.has(cell.id));
  const steps = notebook.taggedSteps.filter(step => step.cells.some(cell => ids.has(cell.id)));
  const accelerators = useAccelerators(api, notebook.draft.form.cluster, steps.length > 0);
  if (selected.length === 0) {
    return <p className="kfnb-quiet">{trans.__('Select a code cell to see what it is for.')}</p>;
  }
  const why = whyNoWriting(notebook, trans);
  return (
    <div className="kfnb-step-tab">
      {why !== null && <p className="kfnb-warning">{why}</p>}
      {selected.length === 1 && (
        <CellRole key={`cell ${selected[0]!.id}`} cell={selected[0]!} {...{ notebook, trans, why }} />
      )}
      {steps.length > 0 && <StepHead {...{ notebook, trans, steps }} />}
      {steps.length > 0 &&
        GROUPS.map(group => (
          <FieldsGroup key={group.key} {...{ group, notebook, trans, steps, why, accelerators }} />
        ))}
      {steps.length === 1 && (
        <PlacementFields
          key={`placement of ${steps[0]!.name}`}
          step={steps[0]!.name}
          {...{ notebook, api, trans, why }}
        />
      )}
      {steps.length === 0 && selected.length > 1 && (
        <p className="kfnb-quiet">{trans.__('None of the selected cells belongs to a step.')}</p>
      )}
      <UndoButton {...{ notebook, trans }} />
    </div>
  );
}

function UndoButton({ notebook, trans }: StepTabProps): JSX.Element {
  const shared = notebook.panel.content.model!.sharedModel;
  const can = shared.canUndo();
  return (
    <div className="kfnb-buttons">
      <ReasonedButton
        data-action="undo"
        why={can ? null : trans.__('There is nothing to undo')}
        title={trans.__('Undo the last change of cells or settings')}
        onClick={() => shared.undo()}
      >
        {trans.__('Undo')}
      </ReasonedButton>
    </div>
  );
}

function StepHead(props: StepTabProps & { steps: readonly TaggedStep[] }): JSX.Element {
  const { notebook, trans, steps } = props;
  if (steps.length > 1) {
    const names = steps.map(step => step.name).join(', ');
    return <h2>{trans.__('Settings of %1 steps: %2', steps.length, names)}</h2>;
  }
  const { name } = steps[0]!;
  const seen = notebook.seen(name);
  return (
    <div className="kfnb-step-head">
      <h2>
        <span className="kfnb-dot" style={{ background: stepColour(notebook.colorIndex(name)) }} />
        {name}
      </h2>
      {!steps[0]!.cells.some(cell => stepNameOf(cell.tags) === name) && (
        <p className="kfnb-hint">
          {trans.__(
            'A comment in the cell makes this step. Its name and what else the comment says are changed there.'
          )}
        </p>
      )}
      {seen !== null && (
        <dl className="kfnb-facts">
          <dt>{trans.__('uses')}</dt>
          <dd>{seen.inputs.join(', ') || '–'}</dd>
          <dt>{trans.__('gives')}</dt>
          <dd>{seen.outputs.join(', ') || '–'}</dd>
        </dl>
      )}
    </div>
  );
}

interface FieldsGroupProps extends StepTabProps {
  readonly group: (typeof GROUPS)[number];
  readonly steps: readonly TaggedStep[];
  readonly why: string | null;
  readonly accelerators: Accelerators;
}

function FieldsGroup(props: FieldsGroupProps): JSX.Element {
  const { group, trans, steps } = props;
  const fields = FIELDS.filter(field => field.group === group.key);
  const isUsed = fields.some(field =>
    steps.some(step => valuesOfStep(field, step).length + commentedIn(field, step).length > 0)
  );
  return (
    <SettingsGroup
      name={group.key}
      title={trans.__(group.title)}
      steps={steps.map(({ name }) => name).join('\n')}
      isOpenAtFirst={group.key === 'resources'}
      {...{ isUsed, trans }}
      content={() => fields.map(field => <StepField key={field.key} {...props} field={field} />)}
    />
  );
}

/** A field of all the selected steps at once. */
function StepField(props: FieldsGroupProps & { field: Field }): JSX.Element {
  const { field, notebook, trans, steps, why, accelerators } = props;
  const names = steps.map(step => step.name);
  const change = (shown: readonly string[], wanted: readonly string[]): void =>
    notebook.writeTags(changesOfAll(field, steps, shown, wanted));
  if (field.key === 'after') {
    const others = notebook.taggedSteps.map(step => step.name).filter(name => !names.includes(name));
    return (
      <StepChoices
        {...{ field, why, trans }}
        choices={choicesOf(field, steps, others)}
        onToggle={(name, isOn) => (isOn ? change([], [name]) : change([name], []))}
      />
    );
  }
  const said = saidOf(field, steps);
  return (
    <FieldInput
      key={names.join(' ')}
      {...{ field, why, trans }}
      {...said}
      {...offered(field, steps, accelerators, trans)}
      findings={findingsAt(field, steps, notebook.analysis?.diagnostics ?? [])}
      onCommit={wanted => change(said.values, wanted)}
    />
  );
}

/** What the fields of a device offer, its type and its number, and what they say about what is there. */
function offered(
  field: Field,
  steps: readonly TaggedStep[],
  accelerators: Accelerators,
  trans: TranslationBundle
): Pick<FieldInputProps, 'offered' | 'note'> {
  const valueOf = (key: string): string =>
    saidOf(
      FIELDS.find(each => each.key === key)!,
      steps
    ).values[0] ?? '';
  if (field.key === 'accelerator') {
    return {
      offered: accelerators.types.map(({ name, nodes }) => ({
        value: name,
        label: nodesInWords(nodes, trans)
      })),
      note: noteOf(valueOf('accelerator'), accelerators, trans)
    };
  }
  if (field.key !== 'gpu') {
    return {};
  }
  const most = mostFor(valueOf('accelerator'), accelerators);
  return {
    offered: countsUpTo(most ?? 0).map(count => ({
      value: String(count),
      label: count === most ? trans.__('all of one node') : null
    })),
    note: noteOfCount(valueOf('gpu'), most, trans)
  };
}

interface StepChoicesProps {
  readonly field: Field;
  readonly choices: readonly Choice[];
  readonly why: string | null;
  readonly trans: TranslationBundle;
  readonly onToggle: (name: string, isOn: boolean) => void;
}

/** The steps that the selected ones can come after; what only some of those do stays half ticked until it is clicked. */
function StepChoices({ field, choices, why, trans, onToggle }: StepChoicesProps): JSX.Element {
  return (
    <fieldset className="kfnb-field" data-field={field.key} title={trans.__(field.hint)}>
      <legend>{trans.__(field.label)}</legend>
      {choices.length === 0 && <div className="kfnb-hint">{trans.__('There is no other step.')}</div>}
      {choices.map(({ name, share, isFixed }) => (
        <label key={name} className="kfnb-choice">
          <CheckBox
            value={name}
            isOn={share === 'all'}
            isMixed={share === 'some'}
            why={why ?? (isFixed ? trans.__('A comment in the cell says so; it is changed there.') : null)}
            onToggle={isOn => onToggle(name, isOn)}
          />
          {name}
          {isFixed && <span className="kfnb-hint">{trans.__('as a comment in the cell says')}</span>}
        </label>
      ))}
    </fieldset>
  );
}
