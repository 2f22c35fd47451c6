/** The few words that say what is special about a step: on its chip and in the graph. */

import type { Step } from './documents';
import { trans } from './words';

const MOST_OF_NODE = 3;

/** Return how many there are of what a step gets, for which a chip has no room. */
function counted(settings: Step['settings']): string[] {
  const { packages = [], secrets = [], secret_files = [], volumes = [], env = {} } = settings;
  const { config_maps = [], config_map_files = [], node_selector = {}, tolerations = [] } = settings;
  const [all, maps] = [secrets.length + secret_files.length, config_maps.length + config_map_files.length];
  const [variables, labels] = [Object.keys(env).length, Object.keys(node_selector).length];
  return [
    packages.length > 0 && trans._n('%1 package', '%1 packages', packages.length),
    all > 0 && trans._n('%1 secret', '%1 secrets', all),
    maps > 0 && trans._n('%1 config map', '%1 config maps', maps),
    volumes.length > 0 && trans._n('%1 volume', '%1 volumes', volumes.length),
    variables > 0 && trans._n('%1 variable', '%1 variables', variables),
    labels > 0 && trans._n('%1 node label', '%1 node labels', labels),
    tolerations.length > 0 && trans._n('%1 toleration', '%1 tolerations', tolerations.length),
    Object.keys(settings.affinity ?? {}).length > 0 && trans.__('affinity'),
    (settings.pod_patches ?? []).length > 0 && trans.__('pod patch')
  ].filter(text => text !== false);
}

/** Return what a node of the graph has room for: the first badges, and how many more there are. */
export function nodeBadges(step: Step): string[] {
  const badges = badgesOf(step);
  const more = badges.length - MOST_OF_NODE;
  return more > 0 ? [...badges.slice(0, MOST_OF_NODE), `+${more}`] : badges;
}

/** Return a number of seconds as a tag says it: 90s, 10m, 2h. */
function durationOf(seconds: number): string {
  const [size, unit] = (
    [
      [86400, 'd'],
      [3600, 'h'],
      [60, 'm']
    ] as const
  ).find(([each]) => seconds % each === 0) ?? [1, 's'];
  return `${seconds / size}${unit}`;
}

function shortOf(resource: string): string {
  return resource.endsWith('/gpu') ? 'GPU' : resource.replace(/^.*\//, '');
}

/** Return the badges of a step, such as `GPU 1`, `memory 4Gi`, `when accuracy > 0.9`. */
export function badgesOf(step: Step): string[] {
  const { settings } = step;
  const badges: string[] = [];
  for (const [resource, quantity] of Object.entries(settings.limits ?? {})) {
    badges.push(`${shortOf(resource)} ${quantity}`);
  }
  for (const [resource, quantity] of Object.entries(settings.requests ?? {})) {
    badges.push(`${shortOf(resource)} ≥ ${quantity}`);
  }
  if (settings.accelerator) {
    badges.push(settings.accelerator);
  }
  if (settings.image) {
    badges.push(settings.image.replace(/^.*\//, ''));
  }
  if (typeof settings.foreach === 'number') {
    badges.push(trans.__('fan-out'));
  }
  if (step.when !== null) {
    badges.push(trans.__('when %1', step.when));
  }
  if (settings.retries) {
    badges.push(trans.__('retry %1', settings.retries));
  }
  if (settings.timeout) {
    badges.push(trans.__('time-out %1', durationOf(settings.timeout)));
  }
  if (settings.cache && settings.cache !== 'on') {
    badges.push(settings.cache === 'off' ? trans.__('no cache') : trans.__('cache %1', settings.cache));
  }
  if (settings.queue) {
    badges.push(trans.__('queue %1', settings.queue));
  }
  if (settings.priority) {
    badges.push(trans.__('priority %1', settings.priority));
  }
  if (settings.shared_memory) {
    badges.push(`shm ${settings.shared_memory}`);
  }
  badges.push(...counted(settings));
  if (settings.on_exit) {
    badges.push(trans.__('at the end'));
  }
  return badges;
}
