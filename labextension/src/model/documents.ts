/**
 * What the server is asked and answers, under the names that the front end has for it; times are ISO 8601.
 *
 * The shapes stand in openapi.ts, which `make generate` makes from what kfnb/server/documents.py says.
 */

import type * as server from './openapi';

export type {
  Accelerators,
  AcceleratorType,
  Analysis,
  CellDifference,
  CheckRequest,
  CheckResult,
  Cluster,
  Failure,
  Finding,
  Follow,
  Frame,
  LogFrame,
  Metric,
  MetricSeries,
  Placement,
  RunDocument,
  RunPage,
  RunPicture,
  RunRequest,
  RunRow,
  RunsFrame,
  SideBySide,
  Started,
  TagChange,
  TaskDocument,
  TaskError,
  TaskEvents,
  TaskPod,
  Version
} from './openapi';

export type Step = server.OutlinedStep;
export type Edge = server.OutlinedEdge;
export type Parameter = server.ParameterField;
export type ParameterType = Parameter['type'];
export type Suggestion = server.Proposal;

/** The file of profiles: those that can be used, and what is wrong with the others. */
export type ClusterFile = server.Clusters;

export type Comparison = server.ComparisonDocument;
export type Artifact = server.ArtifactDocument;
export type CellOutputs = server.CellOutput;

/** The metrics of a run, by task and name. */
export type Metrics = server.MetricsDocument['tasks'];

/** The series of a run, by task and metric. */
export type RunSeries = server.SeriesDocument['tasks'];

/** Numbers that JSON lacks are the words NaN, Infinity and -Infinity. */
export type Figure = server.MetricSeries['values'][number];
