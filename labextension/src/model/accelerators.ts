/** Which accelerator types a step may be given: what profiles know, and which of that nodes really have. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Accelerators, AcceleratorType, Cluster } from './documents';

/** What those clusters offer together to which runs go: the one that is chosen, or all where none is. */
export function offerOf(
  clusters: readonly Cluster[],
  seen: ReadonlyMap<string, Accelerators>,
  chosen: string
): Accelerators {
  const types = new Map<string, AcceleratorType>();
  const unnamed = new Set<string>();
  const there = concerned(clusters, chosen).map(
    ({ name, accelerators }) =>
      seen.get(name) ?? { types: accelerators.map(unseen), gpus: null, unnamed: [] as string[] }
  );
  for (const found of there) {
    for (const type of found.types) {
      types.set(type.name, together(types.get(type.name), type));
    }
    found.unnamed.forEach(name => unnamed.add(name));
  }
  const all = [...types.values()];
  return {
    types: [...all.filter(({ nodes }) => nodes), ...all.filter(({ nodes }) => !nodes)],
    gpus: most(there.map(({ gpus }) => gpus)),
    unnamed: [...unnamed]
  };
}

/** The clusters to which a run may go. */
export function concerned(clusters: readonly Cluster[], chosen: string): readonly Cluster[] {
  const cluster = clusters.find(({ name }) => name === chosen);
  return cluster === undefined ? clusters : [cluster];
}

/** How many nodes have a type, in words; null where that is not known. */
export function nodesInWords(nodes: number | null, trans: TranslationBundle): string | null {
  return nodes === null
    ? null
    : nodes === 0
      ? trans.__('no node has it')
      : trans._n('%1 node', '%1 nodes', nodes, nodes);
}

/** What there is to say about the type that a step asks for; null if nothing. */
export function noteOf(wanted: string, offer: Accelerators, trans: TranslationBundle): string | null {
  const found = offer.types.find(({ name }) => name === wanted);
  if (found?.nodes !== 0) {
    return null;
  }
  return offer.unnamed.length === 0
    ? trans.__('No node has it now.')
    : trans.__(
        'No node has it now. Nodes have %1; `accelerators` in the profile gives that a name.',
        offer.unnamed.join(', ')
      );
}

/** How many devices one node has at most: of the type that a step asks for, or, without one, NVIDIA's of whatever type. */
export function mostFor(wanted: string, { types, gpus }: Accelerators): number | null {
  return wanted === '' ? gpus : (types.find(({ name }) => name === wanted)?.most ?? null);
}

/** The numbers of devices that are offered where one node has `most`: as machines have them. */
export function countsUpTo(most: number): number[] {
  const usual = [1, 2, 4, 8, 16].filter(count => count < most);
  return most > 0 ? [...usual, most] : [];
}

/** What there is to say about the number of devices that a step asks for, where one node has `most`; null if nothing. */
export function noteOfCount(wanted: string, most: number | null, trans: TranslationBundle): string | null {
  if (most === null || !(Number(wanted) > most)) {
    return null;
  }
  return most === 0 ? trans.__('No node has one now.') : trans.__('No node has more than %1 now.', most);
}

function unseen(name: string): AcceleratorType {
  return { name, nodes: null, most: null };
}

/** What is known of a type that two clusters have: of no nodes if one of them cannot be seen and the other has none. */
function together(one: AcceleratorType | undefined, other: AcceleratorType): AcceleratorType {
  if (one === undefined) {
    return other;
  }
  const isUnknown = (one.nodes === null || other.nodes === null) && !one.nodes && !other.nodes;
  return {
    name: other.name,
    nodes: isUnknown ? null : (one.nodes ?? 0) + (other.nodes ?? 0),
    most: most([one.most, other.most])
  };
}

/** The most of all; null where one cannot be seen, which may have more, or there is none. */
function most(counts: readonly (number | null)[]): number | null {
  return counts.length === 0 || counts.includes(null) ? null : Math.max(...(counts as readonly number[]));
}
