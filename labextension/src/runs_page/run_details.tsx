/** One run of the list, as it goes: its graph, the log of a clicked step, metrics and artifacts. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import { PipelineGraph } from '../panel/pipeline_graph';
import { ArtifactsView, MetricsView } from '../panel/results';
import { SeriesView } from '../panel/series';
import { useSignal } from '../panel/watching';
import { RunSession } from '../run/session';
import { Trouble } from '../panel/trouble';

export function RunDetails(props: { id: string; api: Api; trans: TranslationBundle }): JSX.Element {
  const { id, api, trans } = props;
  const [session, setSession] = React.useState<RunSession | null>(null);
  const [trouble, setTrouble] = React.useState<string | null>(null);
  React.useEffect(() => {
    let opened: RunSession | null = null;
    let isGone = false;
    setSession(null);
    setTrouble(null);
    RunSession.open(api, id).then(
      found => {
        opened = found;
        if (isGone) {
          found.dispose();
        } else {
          setSession(found);
        }
      },
      (error: Error) => setTrouble(error.message)
    );
    return () => {
      isGone = true;
      opened?.dispose();
    };
  }, [id, api]);
  useSignal(session?.changed);
  if (trouble !== null) {
    return <Trouble text={trouble} />;
  }
  if (session === null) {
    return <p className="kfnb-quiet">{trans.__('The run is being read …')}</p>;
  }
  const { document, status, log } = session;
  return (
    <section className="kfnb-run-details" data-run={id} aria-label={trans.__('Run %1', id)}>
      {status.why !== null && <p className="kfnb-hint">{status.why}</p>}
      <PipelineGraph
        name={document.name}
        steps={document.steps}
        edges={document.edges}
        status={status}
        selected={log?.task ?? null}
        emptyText={trans.__('This run has no steps.')}
        translate={text => trans.__(text)}
        onChoose={name => session.follow(name)}
      />
      {log !== null && (
        <div className="kfnb-log">
          <pre tabIndex={0} role="region" aria-label={trans.__('Log of %1', log.task)}>
            {log.text}
          </pre>
        </div>
      )}
      <MetricsView metrics={session.metrics} trans={trans} />
      <SeriesView series={session.series} trans={trans} />
      <ArtifactsView artifacts={session.artifacts} {...{ api, trans }} />
    </section>
  );
}
