import { expect, test } from 'vitest';

import { countLiving, LivingOnes } from '../src/model/living';

const living = (id: string): { id: string; isLiving: boolean } => ({ id, isLiving: true });
const over = (id: string): { id: string; isLiving: boolean } => ({ id, isLiving: false });

test('A run counts once, whether the server, a notebook or both know it.', () => {
  expect(countLiving(['a', 'b'], [living('b'), living('c'), living('c')])).toBe(3);
});

test('A run that a notebook saw end does not count, though the list is older than that.', () => {
  expect(countLiving(['a'], [over('a'), over('d')])).toBe(0);
});

test('A run that no notebook shows has ended when a later list lacks it, and is told once.', () => {
  const ones = new LivingOnes();
  expect([ones.list(['a', 'b'], []), ones.list(['b'], []), ones.list(['b'], [])]).toEqual([[], ['a'], []]);
});

test('A run that a notebook shows ends when the notebook says so, whatever the list says.', () => {
  const ones = new LivingOnes();
  expect(ones.list([], [living('a'), over('old')])).toEqual([]);
  expect(ones.see([over('a'), over('old')])).toEqual(['a']);
  expect(ones.list(['a'], [over('a')])).toEqual([]); // the list was made before the end
});

test('A run whose notebook was closed is watched in the lists from then on.', () => {
  const ones = new LivingOnes();
  expect(ones.see([living('a')])).toEqual([]);
  expect([ones.see([]), ones.list(['a'], []), ones.list([], [])]).toEqual([[], [], ['a']]);
});

test('A run that was resumed ends again.', () => {
  const ones = new LivingOnes();
  const ends = [ones.list(['a'], []), ones.list([], []), ones.list(['a'], []), ones.list([], [])];
  expect(ends).toEqual([[], ['a'], [], ['a']]);
  ones.keep('a');
  expect(ones.list([], [])).toEqual(['a']);
});
