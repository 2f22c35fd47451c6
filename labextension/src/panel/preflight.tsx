/** What stands against a run at the place where it is to go, said in the form before anything runs. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Finding } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';
import type { Preflight } from '../run/draft';
import { Findings } from './findings';

export interface PreflightViewProps {
  readonly notebook: OpenNotebook;
  readonly trans: TranslationBundle;
}

/**
 * Ask whenever what is filled in, or what the steps ask for, is different from before: not while code is written, for a
 * place is asked many things at a time. A place that can lack nothing is not asked.
 */
function useLookAhead(notebook: OpenNotebook): void {
  const { draft, analysis } = notebook;
  const { cluster, allowCpu, part, step } = draft.form;
  const isWorthIt =
    analysis !== null && analysis.valid && (cluster !== '' || analysis.steps.some(asksForResources));
  const asked = React.useMemo(
    () => JSON.stringify((analysis?.steps ?? []).map(({ name, settings }) => [name, settings])),
    [analysis]
  );
  React.useEffect(() => {
    if (isWorthIt) {
      draft.lookAhead();
    } else if (draft.preflight !== null || draft.isAsking) {
      draft.forgetPreflight();
    }
  }, [draft, asked, isWorthIt, cluster, allowCpu, part, step]);
}

export function PreflightView({ notebook, trans }: PreflightViewProps): JSX.Element | null {
  useLookAhead(notebook);
  const { draft, analysis } = notebook;
  const { preflight, isAsking, form } = draft;
  const isOfThisPlace = preflight !== null && preflight.cluster === form.cluster;
  const findings = isOfThisPlace ? onlyOfThePlace(preflight.findings, analysis?.diagnostics ?? []) : [];
  if (form.cluster === '' && findings.length === 0) {
    return null; // this machine has what is needed, which goes without saying
  }
  return (
    <section className="kfnb-preflight" data-group="preflight" aria-label={trans.__('Before the run')}>
      <p className="kfnb-hint" role="status" data-ready={isOfThisPlace && !isAsking && preflight.ready}>
        {verdict(isAsking || !isOfThisPlace ? null : preflight, form.cluster, trans)}{' '}
        {!isAsking && (
          <button type="button" className="kfnb-link" data-action="check" onClick={() => draft.lookAhead()}>
            {trans.__('Look again')}
          </button>
        )}
      </p>
      {findings.length > 0 && <Findings {...{ notebook, findings, trans }} />}
    </section>
  );
}

function verdict(preflight: Preflight | null, cluster: string, trans: TranslationBundle): string {
  if (preflight === null) {
    return cluster === ''
      ? trans.__('Looking at what this machine has …')
      : trans.__('Looking at what the cluster %1 has …', cluster);
  }
  if (preflight.trouble !== null) {
    return preflight.trouble.message;
  }
  if (!preflight.ready) {
    return cluster === ''
      ? trans.__('A run on this machine would be refused:')
      : trans.__('A run on %1 would be refused:', cluster);
  }
  return cluster === ''
    ? trans.__('A run on this machine can begin.')
    : trans.__('Looked at %1: a run there can begin.', cluster);
}

/** The findings that are not of the notebook itself: those are listed below already. */
function onlyOfThePlace(findings: readonly Finding[], known: readonly Finding[]): Finding[] {
  return findings.filter(
    ({ code, cell_id, message }) =>
      !known.some(other => other.code === code && other.cell_id === cell_id && other.message === message)
  );
}

/** Whether a step asks for processors, memory or devices. */
function asksForResources(step: { readonly settings: Readonly<Record<string, unknown>> }): boolean {
  const { limits, requests } = step.settings;
  return Object.keys({ ...(limits as object), ...(requests as object) }).length > 0;
}
