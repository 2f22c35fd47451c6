import { expect, test } from 'vitest';

import type { Finding } from '../src/model/documents';
import { saidWithFix, withoutLine } from '../src/model/findings';

const finding = (code: string, more: Partial<Finding>): Finding => ({
  code,
  severity: 'error',
  message: 'wrong',
  fix: null,
  cell_id: 'a',
  line: null,
  column: null,
  apply: null,
  ...more
});

test('Errors and warnings about a cell as a whole are those of its chip; those with a line are underlined.', () => {
  const found = withoutLine([
    finding('KF110', {}),
    finding('KF111', { severity: 'warning' }),
    finding('KF119', { severity: 'hint' }),
    finding('KF250', { line: 1 }),
    finding('KF123', { cell_id: null }),
    finding('KF120', { severity: 'warning', cell_id: 'b' })
  ]);
  expect([...found].map(([cell, own]) => [cell, own.map(({ code }) => code)])).toEqual([
    ['a', ['KF110', 'KF111']],
    ['b', ['KF120']]
  ]);
});

test('What can be done about a finding is said with it.', () => {
  expect(saidWithFix(finding('KF110', {}))).toBe('wrong');
  expect(saidWithFix(finding('KF110', { fix: 'Mend it.' }))).toBe('wrong\nMend it.');
});
