/** The clusters that runs can go to, as components see them. */

import * as React from 'react';

import type { Api } from '../api';
import type { Cluster } from '../model/documents';

/** The clusters of the file of profiles, none where there is no such file; null while they are asked for. */
export function useClusters(api: Api): readonly Cluster[] | null {
  const [clusters, setClusters] = React.useState<readonly Cluster[] | null>(null);
  React.useEffect(() => {
    let isCurrent = true;
    api.clusters().then(
      found => isCurrent && setClusters(found),
      () => undefined // the panel says elsewhere that the server cannot be reached
    );
    return () => {
      isCurrent = false;
    };
  }, [api]);
  return clusters;
}
