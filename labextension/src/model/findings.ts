/** Findings as they are shown, and which of them are about a cell as a whole. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Finding } from './documents';
import type { Field } from './fields';
import { valuesOf, type TaggedStep } from './tags';

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

/** Return what is wrong or doubtful with what the steps' tags say of a field: findings that name such a tag of their cell. */
export function findingsAt(
  field: Field,
  steps: readonly TaggedStep[],
  findings: readonly Finding[]
): Finding[] {
  const cells = new Map(steps.flatMap(step => step.cells).map(cell => [cell.id, cell]));
  return findings.filter(({ cell_id, severity, message }) => {
    const tags = cells.get(cell_id ?? '')?.tags ?? [];
    const own = tags.filter(tag => valuesOf(field, [tag]).length > 0);
    return severity !== 'hint' && own.some(tag => message.includes(`\`${tag.trim()}\``));
  });
}
