/** Affinity and pod patch of a step, which fit no tag: written as YAML or JSON, checked by the server, kept in the metadata. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import { placementOf, withPlacement, type PlacementKind, type PlacementValue } from '../model/placement';
import type { OpenNotebook } from '../notebook/open_notebook';
import { Reason, reasoned } from './reason';
import { SettingsGroup } from './settings_group';
import { trans } from '../model/words';

const FIELDS: readonly { readonly kind: PlacementKind; readonly label: string; readonly hint: string }[] = [
  {
    kind: 'affinity',
    label: trans.__('Affinity'),
    hint: trans.__('nodeAffinity, podAffinity or podAntiAffinity, as in a pod’s spec; YAML or JSON.')
  },
  {
    kind: 'pod_patch',
    label: trans.__('Pod patch'),
    hint: trans.__('metadata and spec, merged into the step’s pod as the last word; YAML or JSON.')
  }
];

export interface PlacementFieldsProps {
  readonly notebook: OpenNotebook;
  readonly api: Api;
  readonly step: string;
  /** Why nothing can be changed; null if it can. */
  readonly why: string | null;
  readonly trans: TranslationBundle;
}

export function PlacementFields(props: PlacementFieldsProps): JSX.Element {
  const { notebook, step, trans } = props;
  const isUsed = FIELDS.some(({ kind }) => placementOf(notebook.placements, step, kind) !== null);
  return (
    <SettingsGroup
      name="placement"
      title={trans.__('Affinity and pod patch')}
      steps={step}
      {...{ isUsed, trans }}
      content={() => FIELDS.map(field => <PlacementField key={field.kind} {...props} field={field} />)}
    />
  );
}

function PlacementField(
  props: PlacementFieldsProps & { readonly field: (typeof FIELDS)[number] }
): JSX.Element {
  const { notebook, api, step, trans, field } = props;
  const { kind } = field;
  const value = placementOf(notebook.placements, step, kind);
  const written = useWritten(api, kind, value);
  const [draft, setDraft] = React.useState<string | null>(null);
  const settled = React.useRef<string | null>(null); // what was written into the notebook from here, until it is read
  const [problem, setProblem] = React.useState<string | null>(null);
  const text = draft ?? written;
  const id = React.useId();
  const reading = text === null ? trans.__('It is being read …') : null;
  const reason = { id: `${id}-why`, why: props.why ?? reading };
  const said = JSON.stringify(value ?? {});
  React.useEffect(() => {
    if (written !== null) {
      const own = settled.current;
      settled.current = null;
      setDraft(now => (own === null || now === own ? null : now)); // what somebody goes on to write here stays
      setProblem(null);
    }
  }, [said, written]);
  const commit = async (): Promise<void> => {
    if (draft === null) {
      return; // nobody has written here
    }
    const settle = (left: string | null): void => setDraft(now => (now === draft ? left : now));
    try {
      const { value: read, yaml } = await api.readPlacement(kind, draft);
      setProblem(null);
      if (JSON.stringify(read) === said) {
        settle(null);
      } else {
        settle(yaml);
        settled.current = yaml;
        notebook.writePlacements(withPlacement(notebook.placements, step, kind, read));
      }
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <div className="kfnb-field">
      <label htmlFor={`${id}-input`}>{trans.__(field.label)}</label>
      <textarea
        id={`${id}-input`}
        className="kfnb-input kfnb-mod-code"
        data-field={kind}
        rows={Math.min(12, Math.max(2, (text ?? '').split('\n').length))}
        value={text ?? ''}
        {...reasoned(reason, `${id}-hint`)}
        readOnly={reason.why !== null}
        spellCheck={false}
        aria-invalid={problem !== null}
        onChange={event => setDraft(event.target.value)}
        onBlur={() => void commit()}
      />
      <Reason {...reason} />
      <div className={problem === null ? 'kfnb-hint' : 'kfnb-problem'} id={`${id}-hint`}>
        {problem ?? reading ?? trans.__(field.hint)}
      </div>
    </div>
  );
}

/** What the notebook says, as YAML; null while that is asked for. */
function useWritten(api: Api, kind: PlacementKind, value: PlacementValue | null): string | null {
  const said = JSON.stringify(value);
  const [known, setKnown] = React.useState({ said: 'null', yaml: '' });
  React.useEffect(() => {
    let isCurrent = true;
    const take = (yaml: string): void => {
      if (isCurrent) {
        setKnown({ said, yaml });
      }
    };
    if (value !== null) {
      api.writtenPlacement(kind, value).then(
        ({ yaml }) => take(yaml),
        () => take(JSON.stringify(value, null, 2))
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [api, kind, said]);
  return value === null ? '' : known.said === said ? known.yaml : null;
}
