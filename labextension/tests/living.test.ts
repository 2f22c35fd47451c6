import { expect, test } from 'vitest';

import { countLiving } from '../src/model/living';

const living = (id: string): { id: string; isLiving: boolean } => ({ id, isLiving: true });
const over = (id: string): { id: string; isLiving: boolean } => ({ id, isLiving: false });

test('A run counts once, whether the server, a notebook or both know it.', () => {
  expect(countLiving(['a', 'b'], [living('b'), living('c'), living('c')])).toBe(3);
});

test('A run that a notebook saw end does not count, though the list is older than that.', () => {
  expect(countLiving(['a'], [over('a'), over('d')])).toBe(0);
});
