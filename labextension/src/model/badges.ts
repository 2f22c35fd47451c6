/** The few words that say what is special about a step: on its chip and in the graph. */

import type { Step } from './documents';

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
  if (settings.cache === 'off') {
    badges.push('no cache');
  }
  if (settings.on_exit) {
    badges.push('at the end');
  }
  return badges;
}
