/** Runs side by side: parameters, metrics, versions, curves over one another, matrices, and the cells that differ. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import { matrixTable, numberFrom, rocChart, showValue, type RocCurve } from '../charts';
import { lookOf } from '../graph';
import type { Comparison, Metrics, SideBySide } from '../model/documents';
import { Made } from '../panel/made';

/** What is shown: the server's comparison, and each run's metrics for their curves. */
export interface Compared {
  readonly comparison: Comparison;
  readonly metrics: readonly Metrics[];
}

/** Ask for the comparison of the runs with these ids. */
export async function compareRuns(api: Api, ids: readonly string[]): Promise<Compared> {
  const [comparison, metrics] = await Promise.all([
    api.compare(ids),
    Promise.all(ids.map(id => api.metrics(id)))
  ]);
  return { comparison, metrics };
}

export function ComparisonView(props: { compared: Compared; trans: TranslationBundle }): JSX.Element {
  const { comparison, metrics } = props.compared;
  const { trans } = props;
  const groups: [string, readonly SideBySide[]][] = [
    [trans.__('Parameters'), comparison.parameters],
    [trans.__('Metrics'), comparison.metrics],
    [trans.__('Versions'), comparison.versions.filter(({ differs }) => differs)]
  ];
  return (
    <section className="kfnb-comparison" aria-label={trans.__('Comparison')}>
      <table className="kfnb-table">
        <thead>
          <tr>
            <th scope="col" className="kfnb-mod-text">
              {trans.__('Value')}
            </th>
            {comparison.runs.map(run => (
              <th key={run.run_id} scope="col">
                {run.name} <span className="kfnb-quiet">{run.run_id}</span>{' '}
                {lookOf({ state: run.state }).icon}
              </th>
            ))}
          </tr>
        </thead>
        {groups.map(([label, entries]) => (
          <Group key={label} {...{ label, entries }} width={comparison.runs.length} />
        ))}
      </table>
      <Charts {...{ comparison, metrics }} />
      {comparison.cells.length === 0 && (
        <p className="kfnb-quiet">{trans.__('The code cells are the same.')}</p>
      )}
      {comparison.cells.map(({ run_id, cell, kind, diff }) => (
        <details key={`${run_id} ${cell}`} open data-cell={cell}>
          <summary>{trans.__('Cell %1, %2 in %3', cell, trans.__(kind), run_id)}</summary>
          <pre className="kfnb-diff">
            {diff.split('\n').map((line, number) => (
              <div
                key={number}
                data-kind={line[0] === '+' ? 'added' : line[0] === '-' ? 'removed' : undefined}
              >
                {line}
              </div>
            ))}
          </pre>
        </details>
      ))}
    </section>
  );
}

function Group(props: { label: string; entries: readonly SideBySide[]; width: number }): JSX.Element | null {
  if (props.entries.length === 0) {
    return null;
  }
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" className="kfnb-mod-text" colSpan={props.width + 1}>
          {props.label}
        </th>
      </tr>
      {props.entries.map(({ name, values, present, differs }) => (
        <tr key={name} data-differs={differs}>
          <td className="kfnb-mod-text">{name}</td>
          {values.map((value, index) => (
            <td key={index}>{present[index] ? showValue(numberFrom(value) ?? value) : '–'}</td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

function Charts({ comparison, metrics }: Compared): JSX.Element {
  const curves = new Map<string, RocCurve[]>();
  const matrices: { name: string; make: () => Element }[] = [];
  metrics.forEach((tasks, index) => {
    const run = comparison.runs[index]!.run_id;
    for (const [task, named] of Object.entries(tasks)) {
      for (const [name, metric] of Object.entries(named)) {
        const numbers = (values: readonly unknown[]): number[] =>
          values.map(value => numberFrom(value) ?? NaN);
        const key = `${task} · ${name}`;
        if (metric.kind === 'roc_curve') {
          const curve = { name: run, falsePositive: numbers(metric.fpr), truePositive: numbers(metric.tpr) };
          curves.set(key, [...(curves.get(key) ?? []), curve]);
        } else if (metric.kind === 'confusion_matrix') {
          const matrix = { labels: metric.labels, rows: metric.rows.map(numbers) };
          matrices.push({ name: `${key} · ${run}`, make: () => matrixTable(matrix) });
        }
      }
    }
  });
  return (
    <div className="kfnb-charts">
      {[...curves].map(([name, found]) => (
        <figure key={name} className="kfnb-figure">
          <figcaption>{name}</figcaption>
          <Made make={() => rocChart(found)} of={[metrics]} />
        </figure>
      ))}
      {matrices.map(({ name, make }) => (
        <figure key={name} className="kfnb-figure">
          <figcaption>{name}</figcaption>
          <Made make={make} of={[metrics]} />
        </figure>
      ))}
    </div>
  );
}
