/**
 * The side panel: tabs *Step*, *Pipeline* and *Run* of the notebook that a person works in, and what is wrong with it;
 * the tab *Clusters* says where runs can go.
 */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Signal, type ISignal } from '@lumino/signaling';
import * as React from 'react';

import type { Api } from '../api';
import { CHART_STYLE } from '../charts';
import type { Finding } from '../model/documents';
import type { OpenNotebook } from '../notebook/open_notebook';
import type { OpenNotebooks } from '../notebook/open_notebooks';
import type { Consent } from '../run/start';
import { ClustersTab } from './clusters_tab';
import { EmptyPanel } from './empty_panel';
import { Findings } from './findings';
import { PipelineGraph } from './pipeline_graph';
import { RunTab } from './run_tab';
import { StepActions } from './step_actions';
import { StepTab } from './step_tab';
import { SuggestSteps } from './suggest_steps';
import { Tabs, type Tab } from './tabs';
import { Trouble } from './trouble';
import { useSignal } from './watching';
import { trans as marked } from '../model/words';

export type TabName = 'step' | 'pipeline' | 'run' | 'clusters';

const TABS: readonly Tab<TabName>[] = [
  { name: 'step', label: marked.__('Step') },
  { name: 'pipeline', label: marked.__('Pipeline') },
  { name: 'run', label: marked.__('Run') },
  { name: 'clusters', label: marked.__('Clusters') }
];

/** After a command JupyterLab's palette gives the focus back to the notebook; that takes two frames. */
const FRAMES_OF_PALETTE = 3;

/** What all of the panel works with. */
export interface PanelParts {
  readonly notebooks: OpenNotebooks;
  readonly api: Api;
  readonly consent: Consent;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

export class KfnbPanel extends ReactWidget {
  private readonly _parts: PanelParts;
  private readonly _chosen = new Signal<this, void>(this);
  private _tab: TabName = 'step';
  private _trouble: string | null = null;

  constructor(parts: PanelParts) {
    super();
    this._parts = parts;
    this.addClass('kfnb-panel');
  }

  /** Another tab or message is shown. */
  get chosen(): ISignal<this, void> {
    return this._chosen;
  }

  get tab(): TabName {
    return this._tab;
  }

  set tab(name: TabName) {
    this._tab = name;
    this._chosen.emit();
  }

  /** What is said above everything: that the server's half is missing or another. */
  get trouble(): string | null {
    return this._trouble;
  }

  set trouble(text: string | null) {
    this._trouble = text;
    this._chosen.emit();
  }

  /** Put the focus on the chosen tab, from where a person goes on by keys. */
  async takeFocus(): Promise<void> {
    for (let frame = 0; frame < FRAMES_OF_PALETTE; frame++) {
      await new Promise(resolve => requestAnimationFrame(resolve));
    }
    this.node.querySelector<HTMLElement>(`#kfnb-tab-${this._tab}`)?.focus();
  }

  protected override render(): JSX.Element {
    return <PanelView panel={this} {...this._parts} />;
  }
}

function PanelView(props: PanelParts & { panel: KfnbPanel }): JSX.Element {
  const { panel, notebooks, api, trans, commands } = props;
  useSignal(panel.chosen);
  useSignal(notebooks.currentChanged);
  const notebook = notebooks.current;
  useSignal(notebook?.changed);
  return (
    <>
      <style>{CHART_STYLE}</style>
      <Trouble text={panel.trouble} />
      <Tabs
        id="kfnb-tab"
        label={trans.__('Pipeline of the notebook')}
        tabs={TABS.map(({ name, label }) => ({ name, label: trans.__(label) }))}
        chosen={panel.tab}
        onChoose={name => (panel.tab = name)}
      />
      {panel.tab === 'clusters' ? (
        <TabBody panel={panel}>
          <ClustersTab {...{ api, trans }} />
        </TabBody>
      ) : notebook === null ? (
        <TabBody panel={panel}>
          <EmptyPanel commands={commands} trans={trans} />
        </TabBody>
      ) : (
        <NotebookView {...props} notebook={notebook} />
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

function NotebookView(props: PanelParts & { panel: KfnbPanel; notebook: OpenNotebook }): JSX.Element {
  const { panel, notebook, api, commands, trans } = props;
  const findings = concerning(notebook.analysis?.diagnostics ?? [], notebook.draft.form.cluster);
  useSignal(notebook.draft.changed);
  const { path, trouble } = notebook;
  return (
    <>
      <TabBody panel={panel}>
        {trouble !== null && panel.trouble === null && <p className="kfnb-warning">{trouble.message}</p>}
        {panel.tab === 'step' && <StepTab {...{ notebook, api, trans }} />}
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
        onChoose={name => void notebook.select(notebook.seen(name)?.cells ?? [])}
      />
      {step !== undefined && <StepActions {...{ commands, trans }} step={step.name} beside={false} />}
      <SuggestSteps {...{ notebook, trans }} />
    </>
  );
}
