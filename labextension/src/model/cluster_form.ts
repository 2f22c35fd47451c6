/**
 * The form of a cluster profile: its fields, the text in them, and the settings that they say.
 *
 * Settings are those of the file of profiles. What the form has no field for stays as it is. Here is checked what a form
 * can know; the server checks the rest.
 */

import { quantityProblem, wholeNumberProblem, type Problem } from './values';
import { trans } from './words';

export interface ClusterField {
  /** The setting; `limits.cpu` is an entry of the table `limits`. */
  readonly key: string;
  readonly label: string;
  readonly hint: string;
  readonly example: string;
  readonly isNeeded?: boolean;
  readonly isNumber?: boolean;
  readonly problem?: (value: string) => Problem | null;
}

export type Settings = Readonly<Record<string, unknown>>;
export type ClusterTexts = Readonly<Record<string, string>>;

const root = (value: string): Problem | null =>
  /^((s3|gs):\/\/|\/)[^/]/.test(value)
    ? null
    : {
        text: trans.__('Write s3://BUCKET/PREFIX or gs://BUCKET/PREFIX, or /FOLDER on a volume claim.'),
        better: null
      };

const rootClaim = (value: string): Problem | null =>
  /^[a-z0-9.-]+:\/[^/]/.test(value) ? null : { text: trans.__('Write CLAIM:/PATH.'), better: null };

/** The fields in the order in which they are shown. */
export const CLUSTER_FIELDS: readonly ClusterField[] = [
  {
    key: 'namespace',
    label: trans.__('Namespace'),
    hint: trans.__('Where runs live.'),
    example: 'team-a',
    isNeeded: true
  },
  {
    key: 'root',
    label: trans.__('Pipeline root'),
    hint: trans.__('The bucket, or the folder, where runs and artifacts lie, for this machine and for pods.'),
    example: 's3://ml-runs/kfnb',
    isNeeded: true,
    problem: root
  },
  {
    key: 'root_claim',
    label: trans.__('Volume claim of the root'),
    hint: trans.__('Of a root that is a folder: the claim that holds it, and where it is mounted.'),
    example: 'shared:/mnt/shared',
    problem: rootClaim
  },
  {
    key: 'image',
    label: trans.__('Image'),
    hint: trans.__('Of steps that name none.'),
    example: 'registry.example.com/kfnb-base:1',
    isNeeded: true
  },
  {
    key: 'context',
    label: trans.__('Context'),
    hint: trans.__('Of the kubeconfig; its current one where nothing stands here.'),
    example: 'kind-kind'
  },
  {
    key: 'kubeconfig',
    label: trans.__('Kubeconfig'),
    hint: trans.__('A path on the machine of the Jupyter server.'),
    example: '~/.kube/config'
  },
  {
    key: 'store_secret',
    label: trans.__('Secret with the bucket’s keys'),
    hint: trans.__('The name of a Secret of the namespace. No key is written here.'),
    example: 'kfnb-store'
  },
  {
    key: 'endpoint_url',
    label: trans.__('Address of the store'),
    hint: trans.__('Where it is not Amazon’s or Google’s.'),
    example: 'https://minio.example.com'
  },
  { key: 'queue', label: trans.__('Queue'), hint: trans.__('A LocalQueue of Kueue.'), example: 'team-a' },
  {
    key: 'limits.cpu',
    label: trans.__('CPU limit'),
    hint: trans.__('Of steps that say nothing.'),
    example: '2',
    problem: quantityProblem
  },
  {
    key: 'limits.memory',
    label: trans.__('Memory limit'),
    hint: trans.__('Of steps that say nothing.'),
    example: '4Gi',
    problem: quantityProblem
  },
  {
    key: 'max_parallel',
    label: trans.__('Steps at once'),
    hint: trans.__('Of one run; no limit where nothing stands here.'),
    example: '8',
    isNumber: true,
    problem: value => wholeNumberProblem(value, 1)
  },
  {
    key: 'service_account',
    label: trans.__('Service account of steps'),
    hint: trans.__('That of the namespace where nothing stands here.'),
    example: 'kfnb-task'
  },
  {
    key: 'orchestrator_service_account',
    label: trans.__('Service account of runs'),
    hint: trans.__('Of the pod that drives a run.'),
    example: 'kfnb-orchestrator'
  }
];

/** Return the text that each field has for a profile. */
export function textsOf(settings: Settings): ClusterTexts {
  return Object.fromEntries(
    CLUSTER_FIELDS.map(({ key }) => {
      const [name, entry] = key.split('.') as [string, string?];
      const value = entry === undefined ? settings[name] : tableOf(settings, name)[entry];
      return [key, value === undefined || value === null ? '' : String(value)];
    })
  );
}

/** Return the settings of a profile once the fields say `texts`; an empty field takes its setting away. */
export function settingsOf(texts: ClusterTexts, before: Settings): Settings {
  const settings: Record<string, unknown> = { ...before };
  for (const { key, isNumber } of CLUSTER_FIELDS) {
    const [name, entry] = key.split('.') as [string, string?];
    const text = (texts[key] ?? '').trim();
    const value = text === '' ? undefined : isNumber ? Number(text) : text;
    const wanted = entry === undefined ? value : withEntry(tableOf(settings, name), entry, value);
    if (wanted === undefined) {
      delete settings[name];
    } else {
      settings[name] = wanted;
    }
  }
  return settings;
}

/** Return what is wrong with the text of a field, null if nothing is. */
export function clusterProblem(field: ClusterField, text: string): Problem | null {
  const value = text.trim();
  if (value === '') {
    return field.isNeeded ? { text: trans.__('This is needed.'), better: null } : null;
  }
  return field.problem?.(value) ?? null;
}

/** Return why a new profile cannot have this name, null if it can. */
export function clusterNameProblem(name: string, taken: readonly string[]): string | null {
  if (!/^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/.test(name)) {
    return trans.__('A name has letters, digits, - and _, 63 at most.');
  }
  if (['kubernetes', 'local', 'default'].includes(name)) {
    return trans.__('This word means something else where runs are started.');
  }
  return taken.includes(name) ? trans.__('There is a cluster of this name already.') : null;
}

function tableOf(settings: Settings, name: string): Settings {
  const table = settings[name];
  return typeof table === 'object' && table !== null ? (table as Settings) : {};
}

function withEntry(table: Settings, entry: string, value: unknown): Settings | undefined {
  const all: Record<string, unknown> = { ...table, [entry]: value };
  if (value === undefined) {
    delete all[entry];
  }
  return Object.keys(all).length > 0 ? all : undefined;
}
