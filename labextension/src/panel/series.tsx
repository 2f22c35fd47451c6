/** How metrics went that were logged again and again: a small line each, which opens as a curve with its axes. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { numberFrom, seriesChart, showValue, sparkline } from '../charts';
import type { MetricSeries, RunSeries } from '../model/documents';
import { Made } from './made';

/** `task`: whose metrics alone are shown; those of all where it is left out. */
export function SeriesView(props: {
  series: RunSeries;
  task?: string;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { series, task, trans } = props;
  const found = Object.entries(series).filter(([name]) => task === undefined || name === task);
  if (found.length === 0) {
    return null;
  }
  return (
    <section className="kfnb-series" aria-label={trans.__('How metrics went')}>
      {found.flatMap(([owner, named]) =>
        Object.entries(named)
          .filter(([, one]) => one.values.length > 1)
          .map(([name, one]) => (
            <Curve
              key={`${owner} ${name}`}
              name={task === undefined ? `${owner} · ${name}` : name}
              {...{ one, trans }}
            />
          ))
      )}
    </section>
  );
}

function Curve(props: { name: string; one: MetricSeries; trans: TranslationBundle }): JSX.Element {
  const { name, one, trans } = props;
  const [isOpen, setOpen] = React.useState(false);
  const values = numbersOf(one);
  const last = values[values.length - 1];
  const state = [name, one.logged, last];
  return (
    <details
      data-series={name}
      data-logged={one.logged}
      onToggle={event => setOpen((event.target as HTMLDetailsElement).open)}
    >
      <summary>
        {name} <span className="kfnb-quiet">{trans.__('%1 points', one.logged)}</span>
        <Made make={() => sparkline(thinned(values), name) ?? document.createElement('span')} of={state} />
        <strong>{showValue(last)}</strong>
      </summary>
      {isOpen && <Made make={() => seriesChart([{ name, steps: one.steps, values }])} of={state} />}
    </details>
  );
}

/** Return the values of a series as numbers. */
export function numbersOf(series: MetricSeries): number[] {
  return series.values.map(value => numberFrom(value) ?? NaN);
}

/** A small line has no room for more, and its words would be long. */
function thinned(values: readonly number[]): readonly number[] {
  const every = Math.ceil(values.length / 40);
  return values.filter((_, index) => index % every === 0 || index === values.length - 1);
}
