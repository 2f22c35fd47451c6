/** The few words that say what is special about a step: on its chip and in the graph. */

import type { Step } from './documents';

const MOST_OF_NODE = 3;

/** Return how many there are of what a step gets, for which a chip has no room. */
function counted(settings: Step['settings']): string[] {
  const { packages = [], secrets = [], secret_files = [], volumes = [], env = {} } = settings;
  const numbers: readonly (readonly [number, string, string])[] = [
    [packages.length, 'package', 'packages'],
    [secrets.length + secret_files.length, 'secret', 'secrets'],
    [volumes.length, 'volume', 'volumes'],
    [Object.keys(env).length, 'variable', 'variables']
  ];
  return numbers
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
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

/** Return the badges of a step, such as `GPU 1`, `memory 4Gi`, `when accuracy > 0.9`. */
export function badgesOf(step: Step): string[] {
  const { settings } = step;
  const badges: string[] = [];
  for (const [resource, quantity] of Object.entries(settings.limits ?? {})) {
    const short = resource.endsWith('/gpu') ? 'GPU' : resource.replace(/^.*\//, '');
    badges.push(`${short} ${quantity}`);
  }
  if (settings.accelerator) {
    badges.push(settings.accelerator);
  }
  if (settings.image) {
    badges.push(settings.image.replace(/^.*\//, ''));
  }
  if (typeof settings.foreach === 'number') {
    badges.push('fan-out');
  }
  if (step.when !== null) {
    badges.push(`when ${step.when}`);
  }
  if (settings.retries) {
    badges.push(`retry ${settings.retries}`);
  }
  if (settings.timeout) {
    badges.push(`time-out ${durationOf(settings.timeout)}`);
  }
  if (settings.cache && settings.cache !== 'on') {
    badges.push(settings.cache === 'off' ? 'no cache' : `cache ${settings.cache}`);
  }
  if (settings.queue) {
    badges.push(`queue ${settings.queue}`);
  }
  if (settings.shared_memory) {
    badges.push(`shm ${settings.shared_memory}`);
  }
  badges.push(...counted(settings));
  if (settings.on_exit) {
    badges.push('at the end');
  }
  return badges;
}
