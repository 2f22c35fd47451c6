/** What is wrong or doubtful in the notebook, with a fix to click where there is one. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Finding } from '../model/documents';
import { iconOf, severityOf } from '../model/findings';
import { withChanges } from '../model/tags';
import type { OpenNotebook } from '../notebook/open_notebook';

export interface FindingsProps {
  readonly notebook: OpenNotebook;
  readonly findings: readonly Finding[];
  readonly trans: TranslationBundle;
}

export function Findings({ notebook, findings, trans }: FindingsProps): JSX.Element {
  return (
    <ul className="kfnb-findings">
      {findings.map((finding, index) => (
        <li key={index} data-severity={finding.severity} data-code={finding.code}>
          <div className="kfnb-finding-head">
            <span className="kfnb-finding-icon" role="img" aria-label={severityOf(finding, trans)}>
              {iconOf(finding)}
            </span>
            <span className="kfnb-code">{finding.code}</span>
            {finding.cell_id !== null && (
              <button
                type="button"
                className="kfnb-link"
                data-action="show-cell"
                onClick={() => void notebook.select([finding.cell_id!])}
              >
                {finding.line === null
                  ? trans.__('show the cell')
                  : trans.__('show the cell, line %1', finding.line)}
              </button>
            )}
          </div>
          <div>{finding.message}</div>
          {finding.fix !== null && <div className="kfnb-hint">{finding.fix}</div>}
          {finding.apply !== null && !notebook.isReadOnly && (
            <button
              type="button"
              className="kfnb-button"
              data-fix={finding.code}
              onClick={() => notebook.writeTags(withChanges(notebook.cells, [finding.apply!]))}
            >
              {trans.__('Fix it')}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
