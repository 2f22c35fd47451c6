/** An experiment as it goes: how its runs stand, and a metric of all of them over a parameter. A point opens its run. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

import type { Api } from '../api';
import { scatterChart, showValue, type Dot } from '../charts';
import { lookOfRun, type Look } from '../graph';
import type { RunPage, RunRow } from '../model/documents';
import { Made } from '../panel/made';
import { AskedAgain, useAskedAgain, type News } from './asked_again';
import { axesOf, dotsOf, extremesOf, firstChoice, IN_ORDER, type Choice } from './plot';
import { NEWEST_FIRST, NO_FILTERS, questionFor, type Filters } from './query';
import { Trouble } from '../panel/trouble';

/** As many as the server gives at once; more points would lie on one another. */
const MOST = 1000;

export interface ExperimentViewProps {
  readonly name: string;
  readonly api: Api;
  readonly news: ISignal<unknown, News>;
  readonly trans: TranslationBundle;
  readonly onOpen: (id: string) => void;
}

export function ExperimentView({ name, api, news, trans, onOpen }: ExperimentViewProps): JSX.Element {
  const asked = useAskedAgain(
    () => new AskedAgain<RunPage>(() => api.runs(questionFor(of(name), NEWEST_FIRST, MOST, null)), news),
    [api, name, news]
  );
  const { value: page, trouble } = asked;
  return (
    <section className="kfnb-experiment" aria-label={trans.__('Experiment %1', name)}>
      <h2>
        {trans.__('Experiment %1', name)}{' '}
        <button type="button" className="kfnb-link" data-action="read-again" onClick={() => void asked.ask()}>
          {trans.__('read again')}
        </button>
      </h2>
      <Trouble text={trouble} />
      {page !== null && <States rows={page.runs} />}
      {page !== null && page.next !== null && (
        <p className="kfnb-hint">{trans.__('Only the newest %1 runs are shown.', MOST)}</p>
      )}
      {page !== null && <Plot rows={page.runs} {...{ trans, onOpen }} />}
    </section>
  );
}

function of(experiment: string): Filters {
  return { ...NO_FILTERS, experiment };
}

function States({ rows }: { rows: readonly RunRow[] }): JSX.Element {
  const counts = new Map<string, { readonly look: Look; readonly count: number }>();
  for (const look of rows.map(lookOfRun)) {
    counts.set(look.word, { look, count: (counts.get(look.word)?.count ?? 0) + 1 });
  }
  return (
    <p>
      {[...counts.values()].map(({ look: { icon, word, colour }, count }) => (
        <span key={word} className="kfnb-state" style={{ borderColor: colour }}>
          {icon} {count} {word}
        </span>
      ))}
    </p>
  );
}

interface PlotProps {
  readonly rows: readonly RunRow[];
  readonly trans: TranslationBundle;
  readonly onOpen: (id: string) => void;
}

function Plot({ rows, trans, onOpen }: PlotProps): JSX.Element {
  const axes = axesOf(rows);
  const [chosen, setChosen] = React.useState<Choice | null>(null);
  const choice = chosen ?? firstChoice(rows, axes);
  if (choice === null) {
    return (
      <p className="kfnb-quiet">
        {trans.__('No run of this experiment has a metric yet. kfnb.log_metric in a cell records one.')}
      </p>
    );
  }
  const label = (key: string): string =>
    key === IN_ORDER ? trans.__('order of the runs') : key.slice(key.indexOf('.') + 1);
  const dots = dotsOf(rows, choice);
  const draw = (): Element =>
    scatterChart(dots, [label(choice.x), label(choice.y)], ({ name }) => onOpen(name));
  const select = (title: string, key: keyof Choice): JSX.Element => (
    <label>
      {title}{' '}
      <select
        className="kfnb-input"
        value={choice[key]}
        data-axis={key}
        onChange={event => setChosen({ ...choice, [key]: event.target.value })}
      >
        {axes[key].map(one => (
          <option key={one} value={one}>
            {label(one)}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <>
      <div className="kfnb-runs-filters">
        {select(trans.__('Metric'), 'y')}
        {select(trans.__('over'), 'x')}
      </div>
      <Made make={draw} of={[JSON.stringify(dots), choice.x, choice.y]} />
      <Extremes {...{ dots, trans, onOpen }} />
    </>
  );
}

/** The runs with the greatest and the least value, each of which opens. */
function Extremes(props: {
  dots: readonly Dot[];
  trans: TranslationBundle;
  onOpen: (id: string) => void;
}): JSX.Element | null {
  const { dots, trans, onOpen } = props;
  const found = extremesOf(dots);
  if (found === null) {
    return null;
  }
  const line = (title: string, { name, text, y }: Dot): JSX.Element => (
    <li>
      {title} {showValue(y)}, {trans.__('at %1:', text)}{' '}
      <button type="button" className="kfnb-link" data-action="open" onClick={() => onOpen(name)}>
        {name}
      </button>
    </li>
  );
  return (
    <ul>
      {line(trans.__('Greatest:'), found.greatest)}
      {line(trans.__('Least:'), found.least)}
    </ul>
  );
}
