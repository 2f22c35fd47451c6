/** The clusters that runs can go to, as components see them. */

import * as React from 'react';

import { ApiError, type Api } from '../api';
import type { KnownClusters } from '../run/request';

/** The clusters of the file of profiles, none where there is no such file; null while they are asked for. */
export function useClusters(api: Api): KnownClusters | null {
  const [known, setKnown] = React.useState<KnownClusters | null>(null);
  React.useEffect(() => {
    let isCurrent = true;
    const take = (found: KnownClusters): void => (isCurrent ? setKnown(found) : undefined);
    api.clusterFile().then(
      ({ clusters, diagnostics }) => take({ clusters, findings: diagnostics, trouble: null }),
      (error: Error) => {
        const findings = error instanceof ApiError ? error.findings : [];
        if (!(error instanceof ApiError && error.status === 0)) {
          take({ clusters: [], findings, trouble: error.message }); // else the panel says elsewhere that the server is away
        }
      }
    );
    return () => {
      isCurrent = false;
    };
  }, [api]);
  return known;
}
