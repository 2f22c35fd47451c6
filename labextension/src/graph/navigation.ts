/** Which node an arrow key leads to: the nearest one in that direction. Pure. */

import type { Box } from './layout';

/** Return the name of the node that `key` leads to from `from`; null if there is none in that direction. */
export function neighbour(boxes: ReadonlyMap<string, Box>, from: string, key: string): string | null {
  const here = boxes.get(from);
  const names = [...boxes.keys()];
  if (key === 'Home' || key === 'End') {
    return names[key === 'Home' ? 0 : names.length - 1] ?? null;
  }
  const direction = DIRECTIONS[key];
  if (here === undefined || direction === undefined) {
    return null;
  }
  let best: string | null = null;
  let least = Infinity;
  for (const [name, box] of boxes) {
    const along = (box.x - here.x) * direction.x + (box.y - here.y) * direction.y;
    const across = Math.abs((box.x - here.x) * direction.y) + Math.abs((box.y - here.y) * direction.x);
    // Left and right stay in a row; up and down may move aside, but rather not.
    if (along > 1 && (direction.y !== 0 || across <= here.height)) {
      const distance = direction.y !== 0 ? along * 4 + across : along + across * 4;
      if (distance < least) {
        [best, least] = [name, distance];
      }
    }
  }
  return best;
}

const DIRECTIONS: Readonly<Record<string, { x: number; y: number }>> = {
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 }
};
