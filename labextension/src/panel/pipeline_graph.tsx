/** The graph of a pipeline or a run as a component. */

import * as React from 'react';

import { GraphView, nodeStatuses } from '../graph';
import { nodeBadges } from '../model/badges';
import { stepColour } from '../model/colours';
import type { Edge, Step } from '../model/documents';
import type { RunStatus } from '../model/run_state';
import { addGraph } from './shown_graphs';

export interface PipelineGraphProps {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly edges: readonly Edge[];
  readonly status?: RunStatus | null;
  readonly selected: string | null;
  readonly emptyText: string;
  readonly onChoose: (name: string) => void;
}

export function PipelineGraph(props: PipelineGraphProps): JSX.Element {
  const host = React.useRef<HTMLDivElement>(null);
  const view = React.useRef<GraphView | null>(null);
  const choose = React.useRef(props.onChoose);
  choose.current = props.onChoose;
  React.useEffect(() => {
    const made = new GraphView(host.current!, {
      onChoose: name => choose.current(name),
      emptyText: props.emptyText
    });
    view.current = made;
    const forget = addGraph(made);
    return () => {
      forget();
      made.dispose();
    };
  }, []);
  React.useEffect(() => {
    view.current?.setGraph({
      name: props.name,
      nodes: props.steps.map(step => ({
        name: step.name,
        colour: stepColour(step.color_index),
        badges: nodeBadges(step),
        isFan: typeof step.settings.foreach === 'number'
      })),
      edges: props.edges
    });
  }, [props.name, props.steps, props.edges]);
  React.useEffect(() => {
    view.current?.update(props.status ? nodeStatuses(props.status) : new Map());
  }, [props.status, props.steps]);
  React.useEffect(() => view.current?.select(props.selected), [props.selected, props.steps]);
  return <div className="kfnb-graph-host" ref={host} />;
}
