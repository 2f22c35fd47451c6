/** What the server answers, as kfnb/server/documents.py has it; a test holds them against openapi.json. Times are ISO 8601. */

import type { RunEvent, State } from './run_state';

export interface TagChange {
  readonly cell_id: string;
  readonly add_tags: readonly string[];
  readonly remove_tags: readonly string[];
}

/** A diagnostic. `line` is from 1, within the cell; `fix` is in words, `apply` is what a click can do. */
export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'hint';
  readonly message: string;
  readonly fix: string | null;
  readonly cell_id: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly apply: TagChange | null;
}

export interface Step {
  readonly name: string;
  readonly cells: readonly string[];
  readonly setup_cells: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly after: readonly string[];
  readonly when: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly explicit: boolean;
  readonly color_index: number;
  readonly is_fan?: boolean;
}

export interface Edge {
  readonly source: string;
  readonly target: string;
  readonly names: readonly string[];
  readonly why: readonly string[];
}

export type ParameterType = 'int' | 'float' | 'str' | 'bool' | 'list' | 'dict' | 'any';

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly default: unknown;
}

/** What a notebook is seen to mean. Steps and edges are there, as far as can be seen, where it is not valid too. */
export interface Analysis {
  readonly valid: boolean;
  readonly steps: readonly Step[];
  readonly edges: readonly Edge[];
  readonly diagnostics: readonly Finding[];
  readonly parameters: readonly Parameter[];
  readonly skipped_cells: readonly string[];
}

/** A run to start. What is left out is as `kfnb run` has it. */
export interface RunRequest {
  readonly path: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly name?: string;
  readonly experiment?: string;
  readonly force?: boolean;
  readonly from_step?: string;
  readonly only?: string;
  readonly until?: string;
  readonly allow_cpu?: boolean;
  /** Name of a cluster profile; this machine where it is left out. */
  readonly cluster?: string;
}

/** A run to look at before it is started. What is left out is as in a RunRequest. */
export interface CheckRequest {
  readonly path: string;
  /** What is open, where it may not be saved. */
  readonly notebook?: Readonly<Record<string, unknown>>;
  readonly cluster?: string;
  readonly allow_cpu?: boolean;
  readonly from_step?: string;
  readonly only?: string;
  readonly until?: string;
}

/** Everything that stands against a run, or is doubtful. `ready`: nothing stands against it. */
export interface CheckResult {
  readonly ready: boolean;
  readonly diagnostics: readonly Finding[];
}

/** What fits no tag: as the notebook's metadata have it, and as YAML. Both empty: there is none. */
export interface Placement {
  readonly value: Readonly<Record<string, unknown>>;
  readonly yaml: string;
}

/** A cluster profile. `settings`: those that the file has for it; `accelerators`: types that steps can ask for. */
export interface Cluster {
  readonly name: string;
  readonly default: boolean;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly accelerators: readonly string[];
}

/** The file of profiles: those that can be used, and what is wrong with the others. */
export interface ClusterFile {
  readonly clusters: readonly Cluster[];
  readonly default: string | null;
  readonly file: string;
  readonly diagnostics: readonly Finding[];
}

/** Steps that are proposed for a notebook, and the tags that would make them. */
export interface Suggestion {
  readonly steps: readonly {
    readonly name: string;
    readonly cells: readonly string[];
    readonly why: string;
    readonly new: boolean;
  }[];
  readonly edges: readonly Edge[];
  readonly tags: readonly TagChange[];
  readonly notes: readonly string[];
  readonly diagnostics: readonly Finding[];
}

export interface TaskError {
  readonly message: string;
  readonly code: string | null;
  readonly cell_id: string | null;
  readonly fix: string | null;
  readonly traceback: string;
}

export interface TaskDocument {
  readonly state: State;
  readonly why: string | null;
  readonly error: TaskError | null;
}

/** What happened to a task, in order. `trouble`: why the cluster's own events are not among them. */
export interface TaskEvents {
  readonly events: readonly {
    readonly time: string;
    readonly source: 'run' | 'cluster';
    readonly text: string;
    readonly about: string | null;
    readonly warning: boolean;
    readonly count: number;
  }[];
  readonly trouble: string | null;
}

/** A task's pod as YAML. `living`: as the cluster has it now; `why`: why it is not, or why there is none. */
export interface TaskPod {
  readonly yaml: string | null;
  readonly living: boolean;
  readonly why: string | null;
}

export interface RunDocument {
  readonly run_id: string;
  readonly name: string;
  readonly experiment: string;
  readonly state: State;
  readonly why: string | null;
  readonly interrupted: boolean;
  readonly ended: boolean;
  readonly created: string;
  readonly started: string | null;
  readonly finished: string | null;
  readonly notebook: string | null;
  /** Name of the cluster that it is on; null: the machine of the Jupyter server. */
  readonly cluster: string | null;
  /** Why its orchestrator in the cluster has not begun. */
  readonly waits: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly batch: number;
  readonly tasks: Readonly<Record<string, TaskDocument>>;
  readonly steps: readonly Step[];
  readonly edges: readonly Edge[];
}

export interface RunRow {
  readonly run_id: string;
  readonly name: string;
  readonly experiment: string;
  readonly state: State;
  readonly why: string | null;
  readonly interrupted: boolean;
  readonly created: string | null;
  readonly started: string | null;
  readonly finished: string | null;
  readonly notebook: string | null;
  readonly notebook_path: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly tags: readonly string[];
  readonly archived: boolean;
  readonly versions: Readonly<Record<string, unknown>>;
}

/** A page of the list of runs. `next`: what asks for the one behind it. `messages`: what a person should know of the list. */
export interface RunPage {
  readonly runs: readonly RunRow[];
  readonly next: string | null;
  readonly messages: readonly string[];
}

/** A value of each run that is compared, in their order. `present`: whether a run has it at all. */
export interface SideBySide {
  readonly name: string;
  readonly values: readonly unknown[];
  readonly present: readonly boolean[];
  readonly differs: boolean;
}

export interface CellDifference {
  readonly run_id: string;
  readonly cell: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly diff: string;
}

/** What is the same in runs and what is not; metrics are called TASK.NAME. */
export interface Comparison {
  readonly runs: readonly { readonly run_id: string; readonly name: string; readonly state: State }[];
  readonly parameters: readonly SideBySide[];
  readonly metrics: readonly SideBySide[];
  readonly versions: readonly SideBySide[];
  readonly cells: readonly CellDifference[];
}

export interface Artifact {
  readonly name: string;
  readonly task: string;
  readonly kind: 'value' | 'logged';
  readonly type: string;
  readonly size: number;
  readonly digest: string | null;
  readonly media_type: string | null;
  readonly preview: Readonly<Record<string, unknown>>;
  readonly content: string | null;
}

/** Numbers that JSON lacks are the words NaN, Infinity and -Infinity. */
export type Figure = number | string;

export interface Metric {
  readonly kind: 'value' | 'roc_curve' | 'confusion_matrix';
  readonly value: unknown;
  readonly fpr: readonly Figure[];
  readonly tpr: readonly Figure[];
  readonly labels: readonly string[];
  readonly rows: readonly (readonly Figure[])[];
}

export type Metrics = Readonly<Record<string, Readonly<Record<string, Metric>>>>;

/** How a metric went: of `logged` points every nth, and the last. */
export interface MetricSeries {
  readonly steps: readonly number[];
  readonly values: readonly Figure[];
  readonly logged: number;
}

/** The series of a run, by task and metric. */
export type RunSeries = Readonly<Record<string, Readonly<Record<string, MetricSeries>>>>;

export interface CellOutputs {
  readonly cell_id: string;
  readonly source: string;
  readonly outputs: readonly Readonly<Record<string, unknown>>[];
  readonly execution_count: number | null;
}

/** A frame of the stream of a run. */
export type Frame =
  | { readonly kind?: undefined; readonly batch: number; readonly events: readonly RunEvent[] }
  | {
      readonly kind: 'log';
      readonly task: string;
      readonly attempt: number;
      readonly text: string;
      readonly offset: number;
    }
  | { readonly kind: 'interrupted'; readonly interrupted: boolean }
  | { readonly kind: 'waiting'; readonly why: string | null }
  | { readonly kind: 'end'; readonly state: State }
  | { readonly kind: 'error'; readonly message: string };
