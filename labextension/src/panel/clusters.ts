/** The clusters that runs can go to, as components see them. */

import * as React from 'react';

import type { Api } from '../api';
import type { Cluster } from '../model/documents';

/** The clusters of the file of profiles; none while they are asked for, and where there is no such file. */
export function useClusters(api: Api): readonly Cluster[] {
  const [clusters, setClusters] = React.useState<readonly Cluster[]>([]);
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
