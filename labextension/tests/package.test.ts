import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf-8');

test('The extension carries the version of the Python package.', () => {
  const [, version] = text('../../kfnb/__init__.py').match(/__version__ = "(.*)"/) ?? [];
  expect(JSON.parse(text('../package.json')).version).toBe(version);
});

test('The lock file names no registry.', () => {
  expect(text('../package-lock.json')).not.toContain('"resolved"');
});
