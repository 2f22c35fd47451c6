/** What a run has made so far: metrics and artifacts. */

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import { dataTable, matrixTable, numberFrom, previewOf, rocChart } from '../charts';
import type { Artifact, Metric, Metrics } from '../model/documents';
import { LoadButton } from './load_button';
import { Made } from './made';
import { isPage, PageView } from './page_view';

export function MetricsView(props: { metrics: Metrics; trans: TranslationBundle }): JSX.Element | null {
  const { metrics, trans } = props;
  const rows: unknown[][] = [];
  const charts: { readonly key: string; readonly make: () => Element }[] = [];
  for (const [task, named] of Object.entries(metrics)) {
    for (const [name, metric] of Object.entries(named)) {
      if (metric.kind === 'value') {
        rows.push([task, name, numberFrom(metric.value) ?? metric.value]);
      } else {
        charts.push({ key: `${task} · ${name}`, make: () => chartOf(name, metric) });
      }
    }
  }
  if (rows.length + charts.length === 0) {
    return null;
  }
  const columns = [trans.__('step'), trans.__('metric'), trans.__('value')];
  return (
    <details className="kfnb-group" data-group="metrics" open>
      <summary>{trans.__('Metrics')}</summary>
      {rows.length > 0 && <Made make={() => dataTable({ columns, rows })} of={[JSON.stringify(rows)]} />}
      {charts.map(({ key, make }) => (
        <figure key={key} className="kfnb-figure">
          <figcaption>{key}</figcaption>
          <Made make={make} of={[JSON.stringify(metrics)]} />
        </figure>
      ))}
    </details>
  );
}

function chartOf(name: string, metric: Metric): Element {
  const numbers = (values: readonly unknown[]): number[] => values.map(value => numberFrom(value) ?? NaN);
  return metric.kind === 'roc_curve'
    ? rocChart([{ name, falsePositive: numbers(metric.fpr), truePositive: numbers(metric.tpr) }])
    : matrixTable({ labels: metric.labels, rows: metric.rows.map(numbers) });
}

/** What artifacts of a run are shown with. `load`: makes one a variable of a kernel, and gives its name. */
interface Showing {
  readonly run: string;
  readonly api: Api;
  readonly rendermime: IRenderMimeRegistry | null;
  readonly trans: TranslationBundle;
  readonly load?: (artifact: Artifact) => Promise<string>;
}

export function ArtifactsView(
  props: Showing & { readonly artifacts: readonly Artifact[] }
): JSX.Element | null {
  const { artifacts, ...showing } = props;
  const { trans } = showing;
  if (artifacts.length === 0) {
    return null;
  }
  return (
    <details className="kfnb-group" data-group="artifacts">
      <summary>{trans.__('Artifacts (%1)', artifacts.length)}</summary>
      {artifacts.map(artifact => (
        <ArtifactView key={`${artifact.task} ${artifact.name}`} artifact={artifact} {...showing} />
      ))}
    </details>
  );
}

function ArtifactView(props: Showing & { readonly artifact: Artifact }): JSX.Element {
  const { artifact, run, api, rendermime, trans, load } = props;
  const [isOpen, setOpen] = React.useState(false);
  const { content, digest } = artifact;
  const isPicture = content !== null && artifact.media_type?.startsWith('image/') === true;
  return (
    <details
      className="kfnb-artifact"
      data-artifact={artifact.name}
      onToggle={event => setOpen((event.target as HTMLDetailsElement).open)}
    >
      <summary>
        {artifact.name}{' '}
        <span className="kfnb-quiet">
          {artifact.task} · {artifact.type} · {shownSize(artifact.size)}
        </span>
      </summary>
      {isOpen && isPicture && <img src={pictureAddress(api, content, digest)} alt={artifact.name} />}
      {isOpen && isPage(artifact) && <PageView {...{ artifact, api, rendermime, trans }} />}
      {isOpen && !isPicture && !isPage(artifact) && (
        <Made make={() => previewOf(artifact.name, artifact.preview)} of={[digest]} />
      )}
      {isOpen && load !== undefined && artifact.kind === 'value' && (
        <LoadButton
          key={`${run} ${digest}`} // what was said of another run or attempt does not stand beside this one
          label={trans.__('Load')}
          title={trans.__('Make it a variable of the notebook’s kernel')}
          load={() => load(artifact)}
          trans={trans}
        />
      )}
      {content !== null && (
        <a className="kfnb-link" data-action="download" href={api.address(content)} download>
          {trans.__('Download')}
        </a>
      )}
    </details>
  );
}

/** Another attempt's picture is at the same address, where a browser would not look again. */
function pictureAddress(api: Api, content: string, digest: string | null): string {
  return `${api.address(content)}?digest=${encodeURIComponent(digest ?? '')}`;
}

/** Return a number of bytes in words. */
export function shownSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
