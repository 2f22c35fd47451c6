/** What a run is asked for: parameters, name, which part; and the button that starts it. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ApiError, type Api } from '../api';
import type { Cluster, Parameter, RunRequest } from '../model/documents';
import { keepForm, lastForm, type FilledForm, type Part } from '../model/filled_form';
import { readValue, shownValue } from '../model/parameters';
import type { OpenNotebook } from '../notebook/open_notebook';
import { startRun, type Consent } from '../run/start';
import { useClusters } from './clusters';
import { Findings } from './findings';

const PARTS: readonly { readonly part: Part; readonly label: string }[] = [
  { part: 'all', label: 'the whole pipeline' },
  { part: 'from_step', label: 'from this step on' },
  { part: 'only', label: 'only this step' },
  { part: 'until', label: 'up to this step' }
];

export interface RunFormProps {
  readonly notebook: OpenNotebook;
  readonly api: Api;
  readonly consent: Consent;
  readonly trans: TranslationBundle;
  readonly onStarted: () => void;
}

export function RunForm({ notebook, api, consent, trans, onStarted }: RunFormProps): JSX.Element {
  const [form, setForm] = React.useState<FilledForm>(() => lastForm(notebook.path));
  const [isStarting, setStarting] = React.useState(false);
  const [refusal, setRefusal] = React.useState<ApiError | null>(null);
  const set = (change: Partial<FilledForm>): void => setForm({ ...form, ...change });
  const clusters = useClusters(api);
  const target = clusters.some(({ name }) => name === form.cluster) ? form.cluster : '';
  const parameters = notebook.analysis?.parameters ?? [];
  const steps = notebook.analysis?.steps ?? [];
  const blocked = whyNot(notebook, parameters, form, isStarting, trans);
  const start = async (): Promise<void> => {
    setStarting(true);
    setRefusal(null);
    keepForm(notebook.path, form);
    try {
      const warnings = await startRun(notebook, api, consent, trans, requestOf(parameters, form, target));
      if (warnings !== null) {
        onStarted();
      }
    } catch (error) {
      setRefusal(error instanceof ApiError ? error : new ApiError((error as Error).message, 0));
    }
    setStarting(false);
  };
  return (
    <form
      className="kfnb-run-form"
      aria-label={trans.__('Run')}
      onSubmit={event => {
        event.preventDefault();
        if (blocked === null) {
          void start();
        }
      }}
    >
      {parameters.map(parameter => (
        <ParameterInput
          key={parameter.name}
          {...{ parameter, trans }}
          text={form.parameters[parameter.name] ?? shownValue(parameter, parameter.default)}
          onChange={text => set({ parameters: { ...form.parameters, [parameter.name]: text } })}
        />
      ))}
      {clusters.length > 0 && (
        <Where {...{ clusters, target, trans }} onChange={cluster => set({ cluster })} />
      )}
      <More
        {...{ form, set, trans }}
        steps={steps.map(step => step.name)}
        needsGpu={steps.some(asksForGpu)}
      />
      <div className="kfnb-buttons">
        <button
          type="submit"
          className="kfnb-button kfnb-mod-main"
          data-action="run"
          disabled={blocked !== null}
          title={
            blocked ??
            (target === ''
              ? trans.__('Run the pipeline on the machine of the Jupyter server')
              : trans.__('Run the pipeline on the cluster %1, a pod a step', target))
          }
        >
          {isStarting
            ? trans.__('Starting …')
            : target === ''
              ? trans.__('▶ Run on this machine')
              : trans.__('▶ Run on %1', target)}
        </button>
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

/** Why the run cannot be started now, null if it can. */
function whyNot(
  notebook: OpenNotebook,
  parameters: readonly Parameter[],
  form: FilledForm,
  isStarting: boolean,
  trans: TranslationBundle
): string | null {
  if (isStarting) {
    return trans.__('The run is being started.');
  }
  if (notebook.analysis === null) {
    return notebook.trouble?.message ?? trans.__('The notebook is being read …');
  }
  if (!notebook.analysis.valid) {
    return trans.__('The notebook has errors; they are listed below.');
  }
  const wrong = parameters.find(parameter => {
    const text = form.parameters[parameter.name];
    return text !== undefined && 'problem' in readValue(parameter, text);
  });
  if (wrong !== undefined) {
    return trans.__('The value of %1 cannot be read.', wrong.name);
  }
  if (form.part !== 'all' && form.step === '') {
    return trans.__('Choose the step.');
  }
  return null;
}

/** What the server is sent. Parameters that are as the notebook has them are left to it. */
function requestOf(
  parameters: readonly Parameter[],
  form: FilledForm,
  cluster: string
): Omit<RunRequest, 'path'> {
  const values: Record<string, unknown> = {};
  for (const parameter of parameters) {
    const text = form.parameters[parameter.name];
    const reading = text === undefined ? null : readValue(parameter, text);
    if (reading !== null && 'value' in reading && text !== shownValue(parameter, parameter.default)) {
      values[parameter.name] = reading.value;
    }
  }
  return {
    parameters: values,
    ...(form.name.trim() === '' ? {} : { name: form.name.trim() }),
    ...(form.experiment.trim() === '' ? {} : { experiment: form.experiment.trim() }),
    ...(cluster === '' ? {} : { cluster }),
    ...(form.force ? { force: true } : {}),
    ...(form.allowCpu ? { allow_cpu: true } : {}),
    ...(form.part === 'all' ? {} : { [form.part]: form.step })
  };
}

interface WhereProps {
  readonly clusters: readonly Cluster[];
  readonly target: string;
  readonly trans: TranslationBundle;
  readonly onChange: (cluster: string) => void;
}

function Where({ clusters, target, trans, onChange }: WhereProps): JSX.Element {
  const id = React.useId();
  return (
    <div className="kfnb-field">
      <label htmlFor={id}>{trans.__('Where')}</label>
      <select
        id={id}
        className="kfnb-input"
        data-field="cluster"
        value={target}
        onChange={event => onChange(event.target.value)}
      >
        <option value="">{trans.__('this machine')}</option>
        {clusters.map(({ name, settings }) => (
          <option key={name} value={name}>
            {typeof settings.namespace === 'string'
              ? trans.__('%1, namespace %2', name, settings.namespace)
              : name}
          </option>
        ))}
      </select>
    </div>
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
  const reading = readValue(parameter, text);
  const problem = 'problem' in reading ? reading.problem : null;
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
          ? trans.__('In the notebook: %1', shownValue(parameter, parameter.default))
          : trans.__(problem)}
      </div>
    </div>
  );
}

interface MoreProps {
  readonly form: FilledForm;
  readonly steps: readonly string[];
  readonly needsGpu: boolean;
  readonly trans: TranslationBundle;
  readonly set: (change: Partial<FilledForm>) => void;
}

function More({ form, steps, needsGpu, trans, set }: MoreProps): JSX.Element {
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
      <div className="kfnb-field">
        <label htmlFor={`${id}-part`}>{trans.__('Run')}</label>
        <select
          id={`${id}-part`}
          className="kfnb-input"
          value={form.part}
          onChange={event => set({ part: event.target.value as Part, step: form.step || (steps[0] ?? '') })}
        >
          {PARTS.map(({ part, label }) => (
            <option key={part} value={part}>
              {trans.__(label)}
            </option>
          ))}
        </select>
        {form.part !== 'all' && (
          <select
            className="kfnb-input"
            aria-label={trans.__('Step')}
            value={form.step}
            onChange={event => set({ step: event.target.value })}
          >
            {steps.map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </div>
      <label className="kfnb-field kfnb-mod-flag">
        <input
          type="checkbox"
          checked={form.force}
          onChange={event => set({ force: event.target.checked })}
        />
        {trans.__('Run all steps, take none from the cache')}
      </label>
      {needsGpu && (
        <label className="kfnb-field kfnb-mod-flag">
          <input
            type="checkbox"
            checked={form.allowCpu}
            onChange={event => set({ allowCpu: event.target.checked })}
          />
          {trans.__('Steps that ask for a GPU may run without one')}
        </label>
      )}
    </details>
  );
}
