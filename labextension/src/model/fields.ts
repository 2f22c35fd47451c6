/**
 * The settings of a step that the panel edits, each with the tag that says it; words and forms are those of
 * kfnb/notebook/words.py.
 *
 * A field's value is text as it stands in the tag. Here it is checked as the tag is read; only of a condition the server
 * knows whether it is Python.
 */

import { labelValueProblem, objectNameProblem } from './object_names';
import {
  amountProblem,
  annotationProblem,
  envProblem,
  imageProblem,
  labelProblem,
  namesProblem,
  nodeProblem,
  packagesProblem,
  sourceProblem,
  tolerationProblem,
  volumeProblem
} from './tag_values';
import { durationProblem, quantityProblem, wholeNumberProblem, type Problem } from './values';
import { trans } from './words';

export interface Field {
  readonly key: string;
  /** What stands before the value in a tag: `gpu:`, `limit:cpu:`. A flag has no value: it is the tag. */
  readonly prefix: string;
  readonly kind: 'text' | 'list' | 'flag';
  readonly label: string;
  /** What it is for, with its form. */
  readonly hint: string;
  readonly example: string;
  readonly group: 'flow' | 'resources' | 'environment' | 'place' | 'data' | 'code';
  /** Other prefixes that mean the same. */
  readonly also?: readonly string[];
  /** What stands in the field where the tag has no value: `foreach`. */
  readonly alone?: string;
  /** Values that are another field's, though they begin as this one's do. */
  readonly others?: RegExp;
  readonly problem?: (value: string) => Problem | null;
}

/** The fields in the order in which the panel shows them. */
export const FIELDS: readonly Field[] = [
  {
    key: 'after',
    prefix: 'after:',
    also: ['prev:'],
    kind: 'list',
    group: 'flow',
    label: trans.__('Runs after'),
    hint: trans.__('Steps that must have ended first; steps whose names this one uses need not be named.'),
    example: 'prepare'
  },
  {
    key: 'when',
    prefix: 'when:',
    kind: 'text',
    group: 'flow',
    label: trans.__('Only when'),
    hint: trans.__('A Python expression; where it is false, the step is left out.'),
    example: 'accuracy > 0.9'
  },
  {
    key: 'foreach',
    prefix: 'foreach:',
    kind: 'text',
    group: 'flow',
    alone: 'all',
    label: trans.__('Fan-out, at most at once'),
    hint: trans.__(
      'For a step that is one comprehension or loop: how many elements run at the same time, or all.'
    ),
    example: '4',
    problem: value => (value === 'all' ? null : wholeNumberProblem(value, 1))
  },
  {
    key: 'retry',
    prefix: 'retry:',
    kind: 'text',
    group: 'flow',
    label: trans.__('Retries'),
    hint: trans.__('How often a failed step starts again, and after how long: 3 or 3:30s.'),
    example: '3:30s',
    problem: (value: string): Problem | null => {
      const [times = '', backoff] = value.split(/:(.*)/s);
      return (
        wholeNumberProblem(times.trim(), 1) ??
        (backoff === undefined ? null : durationProblem(backoff.trim()))
      );
    }
  },
  {
    key: 'timeout',
    prefix: 'timeout:',
    kind: 'text',
    group: 'flow',
    label: trans.__('Time-out'),
    hint: trans.__('The longest the step may run.'),
    example: '2h',
    problem: durationProblem
  },
  {
    key: 'cache',
    prefix: 'cache:',
    kind: 'text',
    group: 'flow',
    label: trans.__('Cache'),
    hint: trans.__('on, off, or how old a result may be: 30d.'),
    example: 'off',
    problem: value => (value === 'on' || value === 'off' ? null : durationProblem(value))
  },
  {
    key: 'on-exit',
    prefix: 'on-exit',
    kind: 'flag',
    group: 'flow',
    label: trans.__('Runs at the end, also when the run fails'),
    hint: trans.__('An exit handler.'),
    example: ''
  },
  {
    key: 'gpu',
    prefix: 'gpu:',
    also: ['limit:nvidia.com/gpu:'],
    kind: 'text',
    group: 'resources',
    label: trans.__('GPUs'),
    hint: trans.__('How many NVIDIA GPUs the step gets.'),
    example: '1',
    problem: value => wholeNumberProblem(value, 1)
  },
  {
    key: 'accelerator',
    prefix: 'accelerator:',
    kind: 'text',
    group: 'resources',
    label: trans.__('Accelerator type'),
    hint: trans.__('A type that the cluster profile names.'),
    example: 'a100',
    problem: labelValueProblem
  },
  {
    key: 'cpu',
    prefix: 'limit:cpu:',
    kind: 'text',
    group: 'resources',
    label: trans.__('CPU limit'),
    hint: trans.__('Processors, or thousandths of one: 2, 500m.'),
    example: '2',
    problem: quantityProblem
  },
  {
    key: 'memory',
    prefix: 'limit:memory:',
    kind: 'text',
    group: 'resources',
    label: trans.__('Memory limit'),
    hint: trans.__('With its unit: 4Gi, 512Mi.'),
    example: '4Gi',
    problem: quantityProblem
  },
  {
    key: 'cpu-request',
    prefix: 'request:cpu:',
    kind: 'text',
    group: 'resources',
    label: trans.__('CPU request'),
    hint: trans.__('What must be free for the step to start.'),
    example: '500m',
    problem: quantityProblem
  },
  {
    key: 'memory-request',
    prefix: 'request:memory:',
    kind: 'text',
    group: 'resources',
    label: trans.__('Memory request'),
    hint: trans.__('What must be free for the step to start.'),
    example: '1Gi',
    problem: quantityProblem
  },
  {
    key: 'limits',
    prefix: 'limit:',
    others: /^(cpu|memory|nvidia\.com\/gpu):/,
    kind: 'list',
    group: 'resources',
    label: trans.__('Limits of other resources'),
    hint: trans.__('RESOURCE:QUANTITY, such as another maker’s devices.'),
    example: 'amd.com/gpu:1',
    problem: amountProblem
  },
  {
    key: 'requests',
    prefix: 'request:',
    others: /^(cpu|memory):/,
    kind: 'list',
    group: 'resources',
    label: trans.__('Requests of other resources'),
    hint: trans.__('RESOURCE:QUANTITY that must be free for the step to start.'),
    example: 'ephemeral-storage:10Gi',
    problem: amountProblem
  },
  {
    key: 'shm',
    prefix: 'shm:',
    kind: 'text',
    group: 'resources',
    label: trans.__('Shared memory'),
    hint: trans.__('Size of /dev/shm.'),
    example: '2Gi',
    problem: quantityProblem
  },
  {
    key: 'image',
    prefix: 'image:',
    kind: 'text',
    group: 'environment',
    label: trans.__('Image'),
    hint: trans.__('A container image, as in docker pull.'),
    example: 'registry.example.com/team/torch:2.4',
    problem: imageProblem
  },
  {
    key: 'packages',
    prefix: 'packages:',
    kind: 'list',
    group: 'environment',
    label: trans.__('Packages'),
    hint: trans.__('Requirements as pip reads them.'),
    example: 'pandas>=2,<3',
    problem: packagesProblem
  },
  {
    key: 'env',
    prefix: 'env:',
    kind: 'list',
    group: 'environment',
    label: trans.__('Environment variables'),
    hint: trans.__('KEY=VALUE.'),
    example: 'OMP_NUM_THREADS=4',
    problem: envProblem
  },
  {
    key: 'secret',
    prefix: 'secret:',
    kind: 'list',
    group: 'environment',
    label: trans.__('Secrets'),
    hint: trans.__('NAME:KEY:ENV for a variable, NAME:/FOLDER for files.'),
    example: 'database:password:DB_PASSWORD',
    problem: sourceProblem
  },
  {
    key: 'configmap',
    prefix: 'configmap:',
    kind: 'list',
    group: 'environment',
    label: trans.__('Config maps'),
    hint: trans.__('NAME:KEY:ENV for a variable, NAME:/FOLDER for files.'),
    example: 'settings:/etc/settings',
    problem: sourceProblem
  },
  {
    key: 'include',
    prefix: 'include:',
    kind: 'list',
    group: 'data',
    label: trans.__('Files to ship'),
    hint: trans.__('Paths or patterns, from the notebook’s folder.'),
    example: 'data/*.csv'
  },
  {
    key: 'pvc',
    prefix: 'pvc:',
    kind: 'list',
    group: 'data',
    label: trans.__('Volumes'),
    hint: trans.__('CLAIM:PATH, with :ro at the end to read only.'),
    example: 'datasets:/data:ro',
    problem: volumeProblem
  },
  {
    key: 'queue',
    prefix: 'queue:',
    kind: 'text',
    group: 'place',
    label: trans.__('Queue'),
    hint: trans.__('A LocalQueue of Kueue.'),
    example: 'team-a',
    problem: objectNameProblem
  },
  {
    key: 'priority',
    prefix: 'priority:',
    kind: 'text',
    group: 'place',
    label: trans.__('Priority class'),
    hint: trans.__('A PriorityClass of the cluster.'),
    example: 'high',
    problem: objectNameProblem
  },
  {
    key: 'node',
    prefix: 'node:',
    kind: 'list',
    group: 'place',
    label: trans.__('Node labels'),
    hint: trans.__('KEY=VALUE that the node must have.'),
    example: 'disk=ssd',
    problem: nodeProblem
  },
  {
    key: 'toleration',
    prefix: 'toleration:',
    kind: 'list',
    group: 'place',
    label: trans.__('Tolerations'),
    hint: trans.__('KEY, KEY=VALUE or KEY=VALUE:EFFECT of a taint.'),
    example: 'gpu:NoSchedule',
    problem: tolerationProblem
  },
  {
    key: 'label',
    prefix: 'label:',
    kind: 'list',
    group: 'place',
    label: trans.__('Labels'),
    hint: trans.__('KEY:VALUE.'),
    example: 'team:vision',
    problem: labelProblem
  },
  {
    key: 'annotation',
    prefix: 'annotation:',
    kind: 'list',
    group: 'place',
    label: trans.__('Annotations'),
    hint: trans.__('KEY:VALUE.'),
    example: 'owner:me',
    problem: annotationProblem
  },
  {
    key: 'uses',
    prefix: 'uses:',
    kind: 'list',
    group: 'code',
    label: trans.__('Reads'),
    hint: trans.__('Names that the step reads, though its code does not show it.'),
    example: 'model',
    problem: namesProblem
  },
  {
    key: 'changes',
    prefix: 'changes:',
    kind: 'list',
    group: 'code',
    label: trans.__('Changes in place'),
    hint: trans.__('Names whose objects the step changes, though its code does not show it.'),
    example: 'model',
    problem: namesProblem
  },
  {
    key: 'keeps',
    prefix: 'keeps:',
    kind: 'list',
    group: 'code',
    label: trans.__('Leaves as they are'),
    hint: trans.__('Names whose objects the step does not change, though its code looks as if it did.'),
    example: 'frame',
    problem: namesProblem
  },
  {
    key: 'binds',
    prefix: 'binds:',
    kind: 'list',
    group: 'code',
    label: trans.__('Binds'),
    hint: trans.__('Names that the step sets, though its code does not show it.'),
    example: 'result',
    problem: namesProblem
  },
  {
    key: 'draws',
    prefix: 'draws',
    kind: 'flag',
    group: 'code',
    label: trans.__('Draws random numbers'),
    hint: trans.__('From the global random state, though its code does not show it.'),
    example: ''
  }
];

/** What one cell says, and no other cell of its step. */
export const METRICS: Field = {
  key: 'metrics',
  prefix: 'metrics',
  also: ['pipeline-metrics'],
  kind: 'flag',
  group: 'code',
  label: trans.__('Its numbers are metrics of the run'),
  hint: trans.__('Numbers that the cell’s top level reads or sets.'),
  example: ''
};

/** Return what is wrong with a field's value, null if nothing is. */
export function problemOf(field: Field, value: string): Problem | null {
  const text = value.trim();
  if (text === '') {
    return null;
  }
  return field.problem?.(text) ?? null;
}
