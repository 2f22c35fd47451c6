/** What a run is asked for: parameters, name, which part; and the button that starts it. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import type { Parameter } from '../model/documents';
import type { FilledForm, Part } from '../model/filled_form';
import { filledIn, problemOf, shownValue } from '../model/parameters';
import type { OpenNotebook } from '../notebook/open_notebook';
import { whyNot, whyNotThere, type KnownClusters } from '../run/request';
import type { Consent } from '../run/start';
import { useClusters } from './clusters';
import { Findings } from './findings';
import { PreflightView } from './preflight';
import { ReasonedButton } from './reasoned_button';
import { Selection } from './selection';
import { useSignalAtOnce } from './watching';
import { trans } from '../model/words';

const PARTS: readonly { readonly part: Part; readonly label: string }[] = [
  { part: 'all', label: trans.__('the whole pipeline') },
  { part: 'from_step', label: trans.__('from this step on') },
  { part: 'only', label: trans.__('only this step') },
  { part: 'until', label: trans.__('up to this step') }
];

export interface RunFormProps {
  readonly notebook: OpenNotebook;
  readonly api: Api;
  readonly consent: Consent;
  readonly trans: TranslationBundle;
}

export function RunForm({ notebook, api, consent, trans }: RunFormProps): JSX.Element {
  const { draft } = notebook;
  useSignalAtOnce(draft.changed);
  const { form, isStarting, refusal } = draft;
  const set = (change: Partial<FilledForm>): void => draft.fillIn(change);
  const known = useClusters(api);
  const target = form.cluster;
  const parameters = notebook.analysis?.parameters ?? [];
  const steps = notebook.analysis?.steps ?? [];
  const notThere = whyNotThere(known, target, trans);
  const blocked = whyNot(notebook, trans) ?? notThere;
  return (
    <form
      className="kfnb-run-form"
      aria-label={trans.__('Run')}
      onSubmit={event => {
        event.preventDefault();
        if (blocked === null) {
          void draft.startFilledIn(consent, trans);
        }
      }}
    >
      {parameters.map(parameter => (
        <ParameterInput
          key={parameter.name}
          {...{ parameter, trans }}
          text={filledIn(parameter, form.parameters) ?? shownValue(parameter, parameter.written)}
          onChange={text => set({ parameters: { ...form.parameters, [parameter.name]: text } })}
        />
      ))}
      {known !== null && (known.clusters.length > 0 || notThere !== null) && (
        <Where {...{ known, target, trans }} onChange={cluster => set({ cluster })} />
      )}
      {known !== null && known.findings.length > 0 && (
        <section data-group="profiles" aria-label={trans.__('Clusters that cannot be used')}>
          <Findings {...{ notebook, trans }} findings={known.findings} />
        </section>
      )}
      {target === '' && steps.some(asksForGpu) && (
        <label className="kfnb-field kfnb-mod-flag">
          <input
            type="checkbox"
            data-field="allow-cpu"
            checked={form.allowCpu}
            onChange={event => set({ allowCpu: event.target.checked })}
          />
          {trans.__('Steps that ask for a GPU may run without one')}
        </label>
      )}
      <More
        {...{ form, set, trans }}
        steps={notebook.analysis === null ? null : steps.map(({ name }) => name)}
      />
      {notThere === null && <PreflightView {...{ notebook, trans }} />}
      <div className="kfnb-buttons">
        <ReasonedButton
          type="submit"
          className="kfnb-button kfnb-mod-main"
          data-action="run"
          why={blocked}
          title={
            target === ''
              ? trans.__('Run the pipeline on the machine of the Jupyter server')
              : trans.__('Run the pipeline on the cluster %1, a pod a step', target)
          }
        >
          {isStarting
            ? trans.__('Starting …')
            : target === ''
              ? trans.__('▶ Run on this machine')
              : trans.__('▶ Run on %1', target)}
        </ReasonedButton>
      </div>
      {blocked !== null && !isStarting && <p className="kfnb-hint">{blocked}</p>}
      {refusal !== null && (
        <div className="kfnb-warning" role="alert">
          <p>{refusal.message}</p>
          {refusal.fix !== null && <p>{refusal.fix}</p>}
          <Findings {...{ notebook, trans }} findings={refusal.findings} />
        </div>
      )}
    </form>
  );
}

function asksForGpu(step: { readonly settings: Readonly<Record<string, unknown>> }): boolean {
  return Object.keys((step.settings.limits ?? {}) as object).some(resource => resource.includes('/'));
}

interface WhereProps {
  readonly known: KnownClusters;
  readonly target: string;
  readonly trans: TranslationBundle;
  readonly onChange: (cluster: string) => void;
}

function Where({ known, target, trans, onChange }: WhereProps): JSX.Element {
  const isKnown = target === '' || known.clusters.some(({ name }) => name === target);
  return (
    <Selection
      label={trans.__('Where')}
      field="cluster"
      value={target}
      choices={[
        ['', trans.__('this machine')],
        isKnown ? null : [target, trans.__('%1 (not usable)', target)],
        ...known.clusters.map(({ name, settings: { namespace } }) => {
          const isTold = typeof namespace === 'string';
          return [name, isTold ? trans.__('%1, namespace %2', name, namespace) : name] as const;
        })
      ]}
      onChange={onChange}
    />
  );
}

interface ParameterInputProps {
  readonly parameter: Parameter;
  readonly text: string;
  readonly trans: TranslationBundle;
  readonly onChange: (text: string) => void;
}

function ParameterInput({ parameter, text, trans, onChange }: ParameterInputProps): JSX.Element {
  const id = React.useId();
  const problem = problemOf(parameter, text);
  if (parameter.type === 'bool') {
    return (
      <label className="kfnb-field kfnb-mod-flag">
        <input
          type="checkbox"
          data-parameter={parameter.name}
          checked={text === 'true'}
          onChange={event => onChange(String(event.target.checked))}
        />
        {parameter.name}
      </label>
    );
  }
  return (
    <div className="kfnb-field">
      <label htmlFor={id}>
        {parameter.name} <span className="kfnb-quiet">{parameter.type}</span>
      </label>
      <input
        id={id}
        className="kfnb-input"
        data-parameter={parameter.name}
        value={text}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-hint`}
        onChange={event => onChange(event.target.value)}
      />
      <div className={problem === null ? 'kfnb-hint' : 'kfnb-problem'} id={`${id}-hint`}>
        {problem === null
          ? trans.__('In the notebook: %1', shownValue(parameter, parameter.written))
          : problem}
      </div>
    </div>
  );
}

interface MoreProps {
  readonly form: FilledForm;
  /** Those that the notebook has; null while that is not known. */
  readonly steps: readonly string[] | null;
  readonly trans: TranslationBundle;
  readonly set: (change: Partial<FilledForm>) => void;
}

function More({ form, steps, trans, set }: MoreProps): JSX.Element {
  const id = React.useId();
  return (
    <details className="kfnb-group">
      <summary>{trans.__('Name, part, cache')}</summary>
      <div className="kfnb-field">
        <label htmlFor={`${id}-name`}>{trans.__('Name of the run')}</label>
        <input
          id={`${id}-name`}
          className="kfnb-input"
          value={form.name}
          placeholder={trans.__('that of the notebook')}
          onChange={event => set({ name: event.target.value })}
        />
      </div>
      <div className="kfnb-field">
        <label htmlFor={`${id}-experiment`}>{trans.__('Experiment')}</label>
        <input
          id={`${id}-experiment`}
          className="kfnb-input"
          value={form.experiment}
          placeholder="Default"
          onChange={event => set({ experiment: event.target.value })}
        />
      </div>
      <Selection
        label={trans.__('Run')}
        field="part"
        value={form.part}
        choices={PARTS.map(({ part, label }) => [part, trans.__(label)] as const)}
        onChange={part => set({ part: part as Part, step: form.step || (steps?.[0] ?? '') })}
      >
        {form.part !== 'all' && (
          <select
            className="kfnb-input"
            data-field="part-step"
            aria-label={trans.__('Step')}
            value={form.step}
            onChange={event => set({ step: event.target.value })}
          >
            {steps?.includes(form.step) !== true && (
              <option value={form.step}>
                {steps === null || form.step === '' ? form.step : trans.__('%1 (gone)', form.step)}
              </option>
            )}
            {steps?.map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Selection>
      <label className="kfnb-field kfnb-mod-flag">
        <input
          type="checkbox"
          checked={form.force}
          onChange={event => set({ force: event.target.checked })}
        />
        {trans.__('Run all steps, take none from the cache')}
      </label>
    </details>
  );
}
