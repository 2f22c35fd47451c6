/** What the panel shows. Loaded when it is first seen: most who open JupyterLab do not look at it at once. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { isAway } from '../api';
import { CHART_STYLE } from '../charts';
import { inflow, outflow } from '../graph/model';
import type { Edge, Finding } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';
import { stepOf } from '../run/step_runs';
import { ClustersTab } from './clusters_tab';
import { EmptyPanel } from './empty_panel';
import { Findings } from './findings';
import { useHalvesProblem } from './halves';
import type { KfnbPanel, PanelParts, TabName } from './panel';
import { PipelineGraph } from './pipeline_graph';
import { RunTab } from './run_tab';
import { StepActions } from './step_actions';
import { StepTab } from './step_tab';
import { SuggestSteps } from './suggest_steps';
import { Tabs, type Tab } from './tabs';
import { Trouble } from './trouble';
import { useSignal } from './watching';
import { trans } from '../model/words';

const TABS: readonly Tab<TabName>[] = [
  { name: 'step', label: trans.__('Step') },
  { name: 'pipeline', label: trans.__('Pipeline') },
  { name: 'run', label: trans.__('Run') },
  { name: 'clusters', label: trans.__('Clusters') }
];

export default function PanelView(props: PanelParts & { panel: KfnbPanel }): JSX.Element {
  const { panel, notebooks, api, trans, commands } = props;
  useSignal(panel.chosen);
  useSignal(notebooks.currentChanged);
  const notebook = notebooks.current;
  useSignal(notebook?.changed);
  const trouble = useHalvesProblem(api, trans, isAway(notebook?.trouble), () => panel.isVisible);
  return (
    <>
      <style>{CHART_STYLE}</style>
      <Trouble text={trouble?.message ?? null} />
      <Tabs
        id="kfnb-tab"
        label={trans.__('Pipeline of the notebook')}
        tabs={TABS.map(({ name, label }) => ({ name, label: trans.__(label) }))}
        chosen={panel.tab}
        onChoose={name => (panel.tab = name)}
      />
      {panel.tab === 'clusters' ? (
        <TabBody panel={panel}>
          <ClustersTab
            {...{ api, trans }}
            takeWish={() => panel.takeWish()}
            onForm={form => (panel.clusterForm = form)}
          />
        </TabBody>
      ) : notebook === null ? (
        <TabBody panel={panel}>
          <EmptyPanel commands={commands} trans={trans} />
        </TabBody>
      ) : (
        <NotebookView {...props} notebook={notebook} isServerSilent={trouble?.isSilent ?? false} />
      )}
    </>
  );
}

function TabBody({ panel, children }: React.PropsWithChildren<{ panel: KfnbPanel }>): JSX.Element {
  return (
    <div
      className="kfnb-tab-body"
      role="tabpanel"
      id="kfnb-tab-body"
      aria-labelledby={`kfnb-tab-${panel.tab}`}
    >
      {children}
    </div>
  );
}

interface NotebookViewProps extends PanelParts {
  readonly panel: KfnbPanel;
  readonly notebook: OpenNotebook;
  /** Whether it is said already that the server does not answer. */
  readonly isServerSilent: boolean;
}

function NotebookView(props: NotebookViewProps): JSX.Element {
  const { panel, notebook, isServerSilent, api, commands, trans } = props;
  const findings = concerning(notebook.analysis?.diagnostics ?? [], notebook.draft.form.cluster);
  useSignal(notebook.draft.changed);
  const { path, trouble } = notebook;
  return (
    <>
      <TabBody panel={panel}>
        {trouble !== null && !isServerSilent && <p className="kfnb-warning">{trouble.message}</p>}
        {panel.tab === 'step' && <StepTab key={path} {...{ notebook, api, trans }} />}
        {panel.tab === 'pipeline' && <PipelineTab key={path} {...{ notebook, commands, trans }} />}
        {panel.tab === 'run' && <RunTab key={path} {...props} />}
      </TabBody>
      {findings.length > 0 && (
        <details className="kfnb-group kfnb-all-findings" data-group="findings" open>
          <summary>{trans.__('Findings (%1)', findings.length)}</summary>
          <Findings {...{ notebook, findings, trans }} />
        </details>
      )}
    </>
  );
}

/** The findings that concern runs where they are to go: what this machine leaves aside counts on a cluster. */
function concerning(findings: readonly Finding[], cluster: string): readonly Finding[] {
  return cluster === '' ? findings : findings.filter(({ code }) => code !== 'KF503');
}

interface PipelineTabProps {
  readonly notebook: OpenNotebook;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

function PipelineTab({ notebook, commands, trans }: PipelineTabProps): JSX.Element {
  const { analysis, session } = notebook;
  const [active] = notebook.selectedCells;
  const step = analysis?.steps.find(({ cells }) => active !== undefined && cells.includes(active));
  if (analysis === null) {
    return <p className="kfnb-quiet">{trans.__('The notebook is being read …')}</p>;
  }
  return (
    <>
      <PipelineGraph
        name={notebook.path}
        steps={analysis.steps}
        edges={analysis.edges}
        status={session?.status ?? null}
        selected={step?.name ?? null}
        emptyText={trans.__('No steps yet: tag a cell to begin one.')}
        onChoose={name => void notebook.select(notebook.seen(stepOf(name))?.cells ?? [])}
      />
      {step !== undefined && <Flow edges={analysis.edges} step={step.name} trans={trans} />}
      {step !== undefined && <StepActions {...{ commands, trans }} step={step.name} beside={false} />}
      <SuggestSteps {...{ notebook, trans }} />
    </>
  );
}

interface FlowProps {
  readonly edges: readonly Edge[];
  readonly step: string;
  readonly trans: TranslationBundle;
}

/** What flows into and out of a step in words: a large graph has no room for them on its arrows. */
function Flow({ edges, step, trans }: FlowProps): JSX.Element {
  const [before, after] = [inflow(edges, step), outflow(edges, step)];
  return (
    <p className="kfnb-hint" data-flow={step}>
      {[before && trans.__('After %1', before), after && trans.__('Before %1', after)]
        .filter(Boolean)
        .join('. ')}
    </p>
  );
}
