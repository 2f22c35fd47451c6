/** Findings as they are shown, and which of them are about a cell as a whole. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Finding } from './documents';

const ICONS: Readonly<Record<Finding['severity'], string>> = { error: '✖', warning: '▲', hint: 'ℹ' };

/** Return the sign of how bad a finding is. */
export function iconOf({ severity }: Finding): string {
  return ICONS[severity];
}

/** Return the word for how bad a finding is. */
export function severityOf({ severity }: Finding, trans: TranslationBundle): string {
  switch (severity) {
    case 'error':
      return trans.__('error');
    case 'warning':
      return trans.__('warning');
    default:
      return trans.__('hint');
  }
}

/** Return what a finding says, with what to do where that is known. */
export function saidWithFix({ message, fix }: Finding): string {
  return fix === null ? message : `${message}\n${fix}`;
}

/** Return what is wrong or doubtful with cells as a whole, by cell: no line of them can be underlined for it. */
export function withoutLine(findings: readonly Finding[]): Map<string, Finding[]> {
  const found = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.cell_id !== null && finding.line === null && finding.severity !== 'hint') {
      found.set(finding.cell_id, [...(found.get(finding.cell_id) ?? []), finding]);
    }
  }
  return found;
}
