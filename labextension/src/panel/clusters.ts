/** The clusters that runs can go to, as components see them. */

import * as React from 'react';

import { ApiError, isAway, type Api } from '../api';
import { concerned, offerOf } from '../model/accelerators';
import type { Accelerators } from '../model/documents';
import type { KnownClusters } from '../run/request';
import { isPageSeen, untilReached } from '../until_reached';

/** The clusters of the file of profiles, none where there is no such file; null while they are asked for. */
export function useClusters(api: Api): KnownClusters | null {
  const [known, setKnown] = React.useState<KnownClusters | null>(null);
  React.useEffect(
    () =>
      untilReached(() => api.clusterFile(), {
        found: ({ clusters, diagnostics }) => setKnown({ clusters, findings: diagnostics, trouble: null }),
        refused: error => {
          const findings = error instanceof ApiError ? error.findings : [];
          if (!isAway(error)) {
            setKnown({ clusters: [], findings, trouble: error.message }); // else the panel says elsewhere that the server is away
          }
        },
        isSeen: isPageSeen
      }),
    [api]
  );
  return known;
}

/** The accelerator types that a step may be given. `isNeeded`: clusters are asked, and not before. */
export function useAccelerators(api: Api, chosen: string, isNeeded: boolean): Accelerators {
  const clusters = useClusters(api)?.clusters ?? [];
  const [seen, setSeen] = React.useState<ReadonlyMap<string, Accelerators>>(new Map());
  const asked = isNeeded ? concerned(clusters, chosen).map(({ name }) => name) : [];
  React.useEffect(() => {
    let isCurrent = true;
    for (const name of asked) {
      api.accelerators(name).then(
        found => isCurrent && setSeen(before => new Map([...before, [name, found]])),
        () => undefined // what the profile knows is offered all the same
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [api, asked.join('\n')]);
  return offerOf(clusters, seen, chosen);
}
