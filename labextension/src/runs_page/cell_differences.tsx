/** The code cells that differ between runs, before and after beside one another. */

import * as React from 'react';

import type { Comparison } from '../model/documents';
import type { Words } from '../model/words';
import { sideBySide, type LinePair, type Piece } from './code_difference';

export function CellDifferences(props: { comparison: Comparison; trans: Words }): JSX.Element {
  const { comparison, trans } = props;
  const first = comparison.runs[0]!.run_id;
  if (comparison.cells.length === 0) {
    return <p className="kfnb-quiet">{trans.__('The code cells are the same.')}</p>;
  }
  const words = { added: trans.__('added'), removed: trans.__('removed'), changed: trans.__('changed') };
  return (
    <>
      {comparison.cells.map(({ run_id, cell, kind, diff }) => (
        <details key={`${run_id} ${cell}`} open data-cell={cell}>
          <summary>{trans.__('Cell %1, %2 in %3', cell, words[kind], run_id)}</summary>
          <div
            className="kfnb-diff-host"
            tabIndex={0}
            role="region"
            aria-label={trans.__('Code of cell %1', cell)}
          >
            <table className="kfnb-diff">
              <thead>
                <tr>
                  <th scope="col">{first}</th>
                  <th scope="col">{run_id}</th>
                </tr>
              </thead>
              <tbody>
                {sideBySide(diff).map((pair, number) => (
                  <Line key={number} pair={pair} />
                ))}
              </tbody>
            </table>
          </div>
        </details>
      ))}
    </>
  );
}

function Line({ pair }: { pair: LinePair }): JSX.Element {
  if (pair.kind === 'gap') {
    return (
      <tr>
        <td colSpan={2} className="kfnb-quiet">
          ⋯
        </td>
      </tr>
    );
  }
  const differs = pair.kind === 'differs';
  return (
    <tr>
      <Side pieces={pair.before} kind={differs ? 'removed' : null} />
      <Side pieces={pair.after} kind={differs ? 'added' : null} />
    </tr>
  );
}

/** A line of one side; `del` and `ins` say what is different to those who do not see the colours. */
function Side(props: { pieces: readonly Piece[] | null; kind: 'removed' | 'added' | null }): JSX.Element {
  const { pieces, kind } = props;
  const Mark = kind === 'removed' ? 'del' : 'ins';
  return (
    <td data-kind={pieces === null ? undefined : (kind ?? undefined)}>
      {pieces?.map(({ text, isNew }, index) =>
        isNew ? <Mark key={index}>{text}</Mark> : <span key={index}>{text}</span>
      )}
    </td>
  );
}
