import { describe, expect, test } from 'vitest';

import { artifactOf, inputsOf, loading } from '../src/run/load_values';

describe('what a kernel is asked to load', () => {
  test('A task’s inputs are those of the run and the task, whatever they are called.', () => {
    expect(inputsOf('20261128-1', 'train[3]')).toBe('kfnb.get("20261128-1").task("train[3]").inputs()');
    expect(inputsOf('1', 'a"b')).toBe('kfnb.get("1").task("a\\"b").inputs()');
  });

  test('An artifact is that of its task, under its own name.', () => {
    expect(artifactOf('1', 'read', 'größe')).toBe(
      '{"größe": kfnb.get("1").task("read").artifacts["größe"].load()}'
    );
  });

  test('It is one expression, which leaves no name but theirs.', () => {
    expect(loading('kfnb.x')).toBe(
      '(lambda kfnb: (lambda found: globals().update(found) or ", ".join(sorted(found)))(kfnb.x))(__import__("kfnb"))'
    );
  });
});
