import { afterEach, expect, test, vi } from 'vitest';

import { untilLoaded } from '../src/until_loaded';

afterEach(() => {
  vi.useRealTimers();
});

test('A part that cannot be loaded is asked for again until it comes.', async () => {
  vi.useFakeTimers();
  const load = vi.fn().mockRejectedValueOnce(new Error('away')).mockRejectedValueOnce(new Error('away'));
  load.mockResolvedValue('the part');
  const loaded = untilLoaded<string>(load);
  await vi.runAllTimersAsync();
  expect(await loaded).toBe('the part');
  expect(load).toHaveBeenCalledTimes(3);
});
