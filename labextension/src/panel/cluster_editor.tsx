/** The form of one cluster profile: a new one, or one that is there. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import {
  CLUSTER_FIELDS,
  clusterNameProblem,
  clusterProblem,
  settingsOf,
  textsOf,
  type ClusterField,
  type Settings
} from '../model/cluster_form';
import type { Cluster } from '../model/documents';
import { ReasonedButton } from './reasoned_button';

/** The form as commands use it: what its buttons do. */
export interface ClusterForm {
  /** Why it cannot be saved now; null if it can. */
  readonly whyNoSave: string | null;
  readonly save: () => void;
  readonly leave: () => void;
}

export interface ClusterEditorProps {
  /** The profile to change; null for a new one. */
  readonly cluster: Cluster | null;
  /** The names that there are. */
  readonly taken: readonly string[];
  readonly trans: TranslationBundle;
  readonly onSave: (name: string, settings: Settings) => Promise<void>;
  readonly onLeave: () => void;
  /** Hear of the form, and that it is gone: null. */
  readonly onForm: (form: ClusterForm | null) => void;
}

export function ClusterEditor(props: ClusterEditorProps): JSX.Element {
  const { cluster, taken, trans, onSave, onLeave, onForm } = props;
  const before = cluster?.settings ?? {};
  const [name, setName] = React.useState(cluster?.name ?? '');
  const [texts, setTexts] = React.useState(() => textsOf(before));
  const [isSaving, setSaving] = React.useState(false);
  const [isTried, setTried] = React.useState(false);
  const nameProblem = cluster === null ? clusterNameProblem(name.trim(), taken) : null;
  const isWrong = CLUSTER_FIELDS.some(field => clusterProblem(field, texts[field.key] ?? '') !== null);
  const save = async (): Promise<void> => {
    setTried(true);
    if (!isWrong && nameProblem === null) {
      setSaving(true);
      await onSave(name.trim(), settingsOf(texts, before));
      setSaving(false);
    }
  };
  const whyNoSave = isSaving ? trans.__('The cluster is being saved.') : null;
  React.useEffect(() => {
    onForm({ whyNoSave, save: () => void save(), leave: onLeave });
    return () => onForm(null);
  });
  return (
    <form
      className="kfnb-cluster-form"
      aria-label={cluster === null ? trans.__('New cluster') : trans.__('Cluster %1', cluster.name)}
      onSubmit={event => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{cluster === null ? trans.__('New cluster') : cluster.name}</h2>
      {cluster === null && (
        <TextField
          name="name"
          label={trans.__('Name')}
          hint={trans.__('What runs are sent to: kfnb run --on NAME.')}
          example="team"
          text={name}
          problem={isTried ? nameProblem : null}
          onChange={setName}
        />
      )}
      {CLUSTER_FIELDS.map(field => (
        <TextField
          key={field.key}
          name={field.key}
          label={trans.__(field.label)}
          hint={trans.__(field.hint)}
          example={field.example}
          text={texts[field.key] ?? ''}
          problem={problemShown(field, texts[field.key] ?? '', isTried, trans)}
          onChange={text => setTexts({ ...texts, [field.key]: text })}
        />
      ))}
      <div className="kfnb-buttons">
        <ReasonedButton
          type="submit"
          className="kfnb-button kfnb-mod-main"
          data-action="save-cluster"
          why={whyNoSave}
        >
          {isSaving ? trans.__('Saving …') : trans.__('Save')}
        </ReasonedButton>
        <button type="button" className="kfnb-button" data-action="leave-cluster" onClick={onLeave}>
          {trans.__('Leave it')}
        </button>
      </div>
    </form>
  );
}

/** What is said below a field. That something is missing is said once saving was tried. */
function problemShown(
  field: ClusterField,
  text: string,
  isTried: boolean,
  trans: TranslationBundle
): string | null {
  const problem = isTried || text.trim() !== '' ? clusterProblem(field, text) : null;
  if (problem === null) {
    return null;
  }
  return problem.better === null
    ? problem.text
    : `${problem.text} ${trans.__('Is %1 meant?', problem.better)}`;
}

interface TextFieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly example: string;
  readonly text: string;
  readonly problem: string | null;
  readonly onChange: (text: string) => void;
}

function TextField({ name, label, hint, example, text, problem, onChange }: TextFieldProps): JSX.Element {
  const id = React.useId();
  return (
    <div className="kfnb-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="kfnb-input"
        data-setting={name}
        value={text}
        placeholder={example}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-hint`}
        onChange={event => onChange(event.target.value)}
      />
      <div
        className={problem === null ? 'kfnb-hint' : 'kfnb-problem'}
        id={`${id}-hint`}
        role={problem === null ? undefined : 'alert'}
      >
        {problem ?? hint}
      </div>
    </div>
  );
}
