/** The table of runs: sorted by a click on a head, runs chosen by their boxes, one opened by its name. */

import * as React from 'react';

import { lookOfRun } from '../graph';
import type { RunRow } from '../model/documents';
import type { Words } from '../model/words';
import { useSeconds } from '../panel/watching';
import { goesOn, plainColumns, valueColumns, type Column } from './columns';
import { orderAfterClick, type Order } from './query';

export interface RunsTableProps {
  readonly rows: readonly RunRow[];
  readonly order: Order;
  readonly chosen: ReadonlyMap<string, RunRow>;
  readonly opened: string | null;
  readonly onSort: (order: Order) => void;
  readonly onChoose: (rows: readonly RunRow[], isChosen: boolean) => void;
  readonly onOpen: (id: string) => void;
  /** Null where no experiment is shown. */
  readonly onExperiment: ((name: string) => void) | null;
  readonly onTag: (name: string) => void;
  readonly trans: Words;
}

export function RunsTable(props: RunsTableProps): JSX.Element {
  const { rows, order, chosen, onSort, onChoose, trans } = props;
  useSeconds(rows.some(goesOn)); // their durations grow
  const plain = plainColumns(Date.now() / 1000);
  const columns = [...plain, ...valueColumns(rows, order.key)];
  const areAllChosen = rows.length > 0 && rows.every(row => chosen.has(row.run_id));
  return (
    <table className="kfnb-table kfnb-runs">
      <thead>
        <tr>
          <th scope="col">
            <input
              type="checkbox"
              checked={areAllChosen}
              aria-label={trans.__('Choose all runs of this page')}
              onChange={event => onChoose(rows, event.target.checked)}
            />
          </th>
          {columns.map(({ key, label }) => {
            const isSorted = order.key === key;
            return (
              <th
                key={key}
                scope="col"
                title={label}
                aria-sort={isSorted ? (order.isDown ? 'descending' : 'ascending') : 'none'}
              >
                <button type="button" data-sort={key} onClick={() => onSort(orderAfterClick(order, key))}>
                  {label} {isSorted ? (order.isDown ? '▾' : '▴') : ''}
                </button>
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <Row key={row.run_id} {...props} {...{ row, columns }} />
        ))}
      </tbody>
    </table>
  );
}

function Row(props: RunsTableProps & { row: RunRow; columns: readonly Column[] }): JSX.Element {
  const { row, columns, chosen, opened, onChoose, onExperiment, trans } = props;
  return (
    <tr data-run={row.run_id} data-state={row.state} aria-current={opened === row.run_id}>
      <td>
        <input
          type="checkbox"
          checked={chosen.has(row.run_id)}
          aria-label={trans.__('Choose run %1', row.run_id)}
          onChange={event => onChoose([row], event.target.checked)}
        />
      </td>
      {columns.map(column => (
        <td key={column.key} className={column.isNumber(row) ? '' : 'kfnb-mod-text'} title={column.text(row)}>
          {column.key === 'name' ? (
            <Name {...props} />
          ) : column.key === 'state' ? (
            <State row={row} />
          ) : column.key === 'experiment' && onExperiment !== null ? (
            <button
              type="button"
              className="kfnb-link"
              data-action="plot"
              title={trans.__('Plot the metrics of this experiment’s runs')}
              onClick={() => onExperiment(row.experiment)}
            >
              {row.experiment}
            </button>
          ) : (
            column.text(row)
          )}
        </td>
      ))}
    </tr>
  );
}

function Name({ row, onOpen, onTag, trans }: RunsTableProps & { row: RunRow }): JSX.Element {
  return (
    <>
      <button
        type="button"
        className="kfnb-link"
        data-action="open"
        title={row.run_id}
        onClick={() => onOpen(row.run_id)}
      >
        {row.name}
      </button>
      {row.tags.map(name => (
        <button
          key={name}
          type="button"
          className="kfnb-tag"
          data-action="filter-by-tag"
          title={trans.__('Show only runs with this tag')}
          onClick={() => onTag(name)}
        >
          {name}
        </button>
      ))}
    </>
  );
}

function State({ row }: { row: RunRow }): JSX.Element {
  const { icon, word, colour } = lookOfRun(row);
  return (
    <span className="kfnb-state" style={{ borderColor: colour }} title={row.why ?? undefined}>
      {icon} {word}
    </span>
  );
}
