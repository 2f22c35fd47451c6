/** Runs side by side: parameters, metrics, versions, curves over one another, matrices, and the cells that differ. */

import * as React from 'react';

import type { Api } from '../api';
import { numberFrom, showValue, showWritten } from '../charts';
import { lookOfRun } from '../graph';
import type { Comparison, SideBySide } from '../model/documents';
import type { Words } from '../model/words';
import { Made } from '../panel/made';
import { CellDifferences } from './cell_differences';
import { chartsOf, type Compared } from './overlaid';

/** Ask for the comparison of the runs with these ids. */
export async function compareRuns(api: Api, ids: readonly string[]): Promise<Compared> {
  const [comparison, metrics, series] = await Promise.all([
    api.compare(ids),
    Promise.all(ids.map(id => api.metrics(id))),
    Promise.all(ids.map(id => api.series(id)))
  ]);
  return { comparison, metrics, series };
}

export function ComparisonView(props: { compared: Compared; trans: Words }): JSX.Element {
  const { comparison } = props.compared;
  const { trans } = props;
  const groups: [string, readonly SideBySide[], Comparison['written']?][] = [
    [trans.__('Parameters'), comparison.parameters, comparison.written],
    [trans.__('Metrics'), comparison.metrics],
    [trans.__('Versions'), comparison.versions.filter(({ differs }) => differs)]
  ];
  return (
    <div className="kfnb-comparison" role="group" aria-label={trans.__('Comparison')}>
      <table className="kfnb-table">
        <thead>
          <tr>
            <th scope="col" className="kfnb-mod-text">
              {trans.__('Value')}
            </th>
            {comparison.runs.map(run => (
              <Head key={run.run_id} run={run} />
            ))}
          </tr>
        </thead>
        {groups.map(([label, entries, written]) => (
          <Group key={label} {...{ label, entries, written }} width={comparison.runs.length} />
        ))}
      </table>
      <Charts {...props.compared} />
      <CellDifferences {...{ comparison, trans }} />
    </div>
  );
}

/** The name of a run, and how it stands. */
function Head({ run }: { run: Comparison['runs'][number] }): JSX.Element {
  const { icon, word, colour } = lookOfRun(run);
  return (
    <th scope="col">
      {run.name} <span className="kfnb-quiet">{run.run_id}</span>{' '}
      <span className="kfnb-state" style={{ borderColor: colour }}>
        {icon} {word}
      </span>
    </th>
  );
}

/** `written`: the values of each entry as JSON, where that is more than the values say. */
function Group(props: {
  label: string;
  entries: readonly SideBySide[];
  written: Comparison['written'] | undefined;
  width: number;
}): JSX.Element | null {
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
          <td className="kfnb-mod-text" title={name}>
            {name}
          </td>
          {values.map((value, index) => {
            const json = props.written?.[name]?.[index];
            const said = json === undefined ? showValue(numberFrom(value) ?? value) : showWritten(json);
            const text = present[index] ? said : '–';
            return (
              <td key={index} title={text}>
                {text}
              </td>
            );
          })}
        </tr>
      ))}
    </tbody>
  );
}

function Charts(compared: Compared): JSX.Element {
  return (
    <div className="kfnb-charts">
      {chartsOf(compared).map(({ name, make, data }) => (
        <figure key={name} className="kfnb-figure">
          <figcaption>{name}</figcaption>
          <Made make={make} of={[data]} />
        </figure>
      ))}
    </div>
  );
}
