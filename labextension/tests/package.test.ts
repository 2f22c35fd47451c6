import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf-8');

test('The extension carries the version of the Python package.', () => {
  const [, version] = text('../../kfnb/__init__.py').match(/__version__ = "(.*)"/) ?? [];
  expect(JSON.parse(text('../package.json')).version).toBe(version);
});

test('The lock file names no registry.', () => {
  expect(text('../package-lock.json')).not.toContain('"resolved"');
});

test('The texts of every schema are those of the language packs for kfnb.', () => {
  const schemas = readdirSync('schema');
  expect(schemas.length).toBeGreaterThan(0);
  for (const name of schemas) {
    const schema = JSON.parse(text(`../schema/${name}`)) as Record<string, unknown>;
    expect(schema['jupyter.lab.internationalization']).toEqual({ domain: 'kfnb' });
  }
});
