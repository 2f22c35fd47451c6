import { defineConfig } from 'vitest/config';

export default defineConfig({
  // A busy machine may be slow; no test waits for a time to pass.
  test: { environment: 'jsdom', include: ['tests/**/*.{test,spec}.{ts,tsx}'], testTimeout: 60_000 }
});
