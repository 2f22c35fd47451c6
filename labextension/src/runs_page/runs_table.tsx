/** The table of runs: sorted by a click on a head, runs chosen by their boxes, one opened by its name. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { lookOf } from '../graph';
import type { RunRow } from '../model/documents';
import { plainColumns, sorted, valueColumns, type Column, type Order } from './columns';

export interface RunsTableProps {
  readonly rows: readonly RunRow[];
  readonly chosen: ReadonlySet<string>;
  readonly opened: string | null;
  readonly onChoose: (id: string, isChosen: boolean) => void;
  readonly onOpen: (id: string) => void;
  readonly trans: TranslationBundle;
}

export function RunsTable(props: RunsTableProps): JSX.Element {
  const { rows, trans } = props;
  const [order, setOrder] = React.useState<Order>({ key: null, isDown: true });
  const columns = [...plainColumns(text => trans.__(text), Date.now() / 1000), ...valueColumns(rows)];
  const sortBy = (key: string): void => {
    // As it came, down, up: a third click takes the order away.
    const isSame = order.key === key;
    setOrder(isSame && !order.isDown ? { key: null, isDown: true } : { key, isDown: !isSame });
  };
  return (
    <table className="kfnb-table kfnb-runs">
      <thead>
        <tr>
          <th scope="col">
            <span className="kfnb-unseen">{trans.__('Chosen')}</span>
          </th>
          {columns.map(({ key, label }) => {
            const isSorted = order.key === key;
            return (
              <th
                key={key}
                scope="col"
                aria-sort={isSorted ? (order.isDown ? 'descending' : 'ascending') : 'none'}
              >
                <button type="button" data-sort={key} onClick={() => sortBy(key)}>
                  {label} {isSorted ? (order.isDown ? '▾' : '▴') : ''}
                </button>
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>
        {sorted(rows, columns, order).map(row => (
          <Row key={row.run_id} {...props} {...{ row, columns }} />
        ))}
      </tbody>
    </table>
  );
}

function Row(props: RunsTableProps & { row: RunRow; columns: readonly Column[] }): JSX.Element {
  const { row, columns, chosen, opened, onChoose, onOpen, trans } = props;
  return (
    <tr data-run={row.run_id} data-state={row.state} aria-current={opened === row.run_id}>
      <td>
        <input
          type="checkbox"
          checked={chosen.has(row.run_id)}
          aria-label={trans.__('Choose run %1', row.run_id)}
          onChange={event => onChoose(row.run_id, event.target.checked)}
        />
      </td>
      {columns.map(column => (
        <td key={column.key} className={typeof column.value(row) === 'number' ? '' : 'kfnb-mod-text'}>
          {column.key === 'name' ? (
            <button type="button" className="kfnb-link" title={row.run_id} onClick={() => onOpen(row.run_id)}>
              {row.name}
            </button>
          ) : column.key === 'state' ? (
            <State {...{ row, trans }} />
          ) : (
            column.text(row)
          )}
        </td>
      ))}
    </tr>
  );
}

function State({ row, trans }: { row: RunRow; trans: TranslationBundle }): JSX.Element {
  const look = lookOf({ state: row.state });
  const text = row.interrupted ? trans.__('⏸ interrupted') : `${look.icon} ${trans.__(look.word)}`;
  return (
    <span className="kfnb-state" style={{ borderColor: look.colour }} title={row.why ?? undefined}>
      {text}
    </span>
  );
}
