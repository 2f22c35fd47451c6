/** Which accelerator types a step may be given: what profiles know, and which of that nodes really have. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Accelerators, AcceleratorType, Cluster } from './documents';

/** What those clusters offer together to which runs go: the one that is chosen, or all where none is. */
export function offerOf(
  clusters: readonly Cluster[],
  seen: ReadonlyMap<string, Accelerators>,
  chosen: string
): Accelerators {
  const types = new Map<string, number | null>();
  const unnamed = new Set<string>();
  for (const cluster of concerned(clusters, chosen)) {
    const found = seen.get(cluster.name);
    for (const { name, nodes } of found?.types ?? cluster.accelerators.map(unseen)) {
      types.set(name, types.has(name) ? together(types.get(name)!, nodes) : nodes);
    }
    found?.unnamed.forEach(name => unnamed.add(name));
  }
  const all = [...types].map(([name, nodes]) => ({ name, nodes }));
  return {
    types: [...all.filter(({ nodes }) => nodes), ...all.filter(({ nodes }) => !nodes)],
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

function unseen(name: string): AcceleratorType {
  return { name, nodes: null };
}

/** Of how many nodes of two clusters is known: of none if one of them cannot be seen and the other has none. */
function together(one: number | null, other: number | null): number | null {
  return (one === null || other === null) && !one && !other ? null : (one ?? 0) + (other ?? 0);
}
