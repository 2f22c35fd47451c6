import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

import { FIELDS, METRICS, problemOf, type Field } from '../src/model/fields';
import {
  changesOf,
  renamed,
  roleIn,
  roleOf,
  stepNameIn,
  stepNameOf,
  stepsIn,
  valuesOf,
  withRole,
  withValues,
  type Role
} from '../src/model/tags';
import type { Problem } from '../src/model/values';

const cases = <T>(name: string): T => JSON.parse(readFileSync(resolve('../tests/cases', name), 'utf-8')) as T;
const field = (key: string): Field => FIELDS.find(found => found.key === key)!;
const code = (id: string, ...tags: string[]) => ({ id, isCode: true, tags });

describe('values', () => {
  type Verdicts = { right: string[]; wrong: Record<string, string | null> };
  const check = (kind: string, value: string): Problem | null =>
    problemOf(
      FIELDS.find(({ prefix }) => prefix === `${kind}:`)!,
      value
    );
  const verdicts = Object.entries(cases<Record<string, Verdicts>>('tag_values.json'));
  const right = verdicts.flatMap(([kind, { right }]) => right.map(value => [kind, value] as const));
  const wrong = verdicts.flatMap(([kind, { wrong }]) =>
    Object.entries(wrong).map(([value, better]) => [kind, value, better] as const)
  );

  test.each(right)('Nothing is wrong with %s:%s.', (kind, value) => {
    expect(check(kind, value)).toBe(null);
  });

  test.each(wrong)('%s:%s is wrong, and %s was meant.', (kind, value, better) => {
    expect(check(kind, value)?.better).toBe(better);
  });

  test('A field without a value has nothing wrong with it.', () => {
    expect(FIELDS.map(found => problemOf(found, ' '))).toEqual(FIELDS.map(() => null));
  });
});

describe('words of tags', () => {
  const known = cases<string[]>('tag_words.json');

  test('What the panel writes with the example of a field is a tag that kfnb knows, and says the example.', () => {
    const written = [...FIELDS, METRICS].map(each => withValues([], each, [each.example || each.prefix])[0]!);
    expect(written.filter(tag => !known.includes(tag))).toEqual([]);
    expect([...FIELDS, METRICS].map((each, place) => valuesOf(each, [written[place]!])[0])).toEqual(
      [...FIELDS, METRICS].map(each => each.example || each.prefix)
    );
  });

  test.each(known)('The tag %s is a field of the panel, or what the cell is for, and nothing else.', tag => {
    const fields = [...FIELDS, METRICS].filter(each => valuesOf(each, [tag]).length > 0);
    expect([...fields, ...(roleOf([tag]) === 'continues' ? [] : ['its role'])]).toHaveLength(1);
  });
});

describe('the cells of a step', () => {
  const known = cases<{ tags: string[]; step: string | null; role: Role }[]>('step_tags.json');

  test.each(known)('The tags $tags say that a cell is $role of $step.', ({ tags, step, role }) => {
    expect([stepNameOf(tags), roleOf(tags)]).toEqual([step, role]);
  });

  test('Cells without a tag go on with the step above; those that are skipped, setup or text do not belong to it.', () => {
    const cells = [
      code('above'),
      code('a', 'step:first'),
      code('b'),
      { id: 'text', isCode: false, tags: [] },
      code('c', 'skip'),
      code('d', 'step:second'),
      code('e', 'step:first')
    ];
    const found = stepsIn(cells).map(step => [step.name, step.cells.map(cell => cell.id)]);
    expect(found).toEqual([
      ['first', ['a', 'b', 'e']],
      ['second', ['d']]
    ]);
  });

  test('A comment makes a step where no tag does, and ends the one above.', () => {
    const commented = (id: string, tags: string[], comment: string[]) => ({ ...code(id, ...tags), comment });
    const cells = [
      code('a', 'step:first'),
      commented('b', [], ['step:second', 'gpu:1']),
      code('c'),
      commented('d', ['step:first'], ['retry:2']),
      commented('e', ['skip'], ['step:second']),
      commented('f', [], ['skip', 'gpu:1']),
      commented('g', ['parameters'], ['step:second']),
      code('h')
    ];
    expect(stepsIn(cells).map(step => [step.name, step.cells.map(cell => cell.id)])).toEqual([
      ['first', ['a', 'd']],
      ['second', ['b', 'c', 'h']]
    ]);
    expect(cells.map(roleIn)).toEqual([
      ...['step', 'step', 'continues', 'step', 'skip', 'skip', 'parameters', 'continues']
    ]);
    expect(cells.map(stepNameIn)).toEqual(['first', 'second', null, 'first', 'second', null, 'second', null]);
  });

  test('A new name is followed by the tags of others that speak of the step.', () => {
    const cells = [code('a', 'step:read'), code('b', 'mine', 'prev:read'), code('c', 'after:reader')];
    expect([...renamed(cells, 'read', 'load')]).toEqual([
      ['a', ['step:load']],
      ['b', ['mine', 'prev:load']]
    ]);
  });
});

describe('changing tags', () => {
  test('A value takes the place of the one before; tags that are not of the field stay where they are.', () => {
    expect(withValues(['mine', 'gpu:1', 'step:a'], field('gpu'), ['2'])).toEqual(['mine', 'gpu:2', 'step:a']);
  });

  test('A tag that says the same in another way stays.', () => {
    expect(withValues(['limit:nvidia.com/gpu:2'], field('gpu'), ['2'])).toEqual(['limit:nvidia.com/gpu:2']);
  });

  test('No value takes the tag away.', () => {
    expect(withValues(['step:a', 'timeout:2h'], field('timeout'), [''])).toEqual(['step:a']);
  });

  test('A list keeps what is said and adds what is new.', () => {
    expect(withValues(['packages:a', 'packages:b'], field('packages'), ['b', 'c'])).toEqual([
      'packages:c',
      'packages:b'
    ]);
  });

  test('A tag that may stand without a value has a word for that, which goes when it is emptied.', () => {
    expect(valuesOf(field('foreach'), ['foreach'])).toEqual(['all']);
    expect(withValues(['step:a', 'foreach'], field('foreach'), ['4'])).toEqual(['step:a', 'foreach:4']);
    expect(withValues(['step:a', 'foreach:4'], field('foreach'), ['all'])).toEqual(['step:a', 'foreach']);
    expect(withValues(['step:a', 'foreach'], field('foreach'), [''])).toEqual(['step:a']);
    expect(['all', '4', 'some'].map(value => problemOf(field('foreach'), value) === null)).toEqual([
      true,
      true,
      false
    ]);
  });

  test('A flag is its own tag.', () => {
    expect(withValues(['step:a'], field('on-exit'), ['on-exit'])).toEqual(['step:a', 'on-exit']);
    expect(valuesOf(field('on-exit'), ['on-exit'])).toEqual(['on-exit']);
  });

  test('A cell that no longer begins a step has no settings, and keeps the tags of others.', () => {
    expect(withRole(['mine', 'step:a', 'gpu:1'], 'skip', '', FIELDS)).toEqual(['mine', 'skip']);
    expect(withRole(['mine', 'skip'], 'step', 'b', FIELDS)).toEqual(['mine', 'step:b']);
    expect(withRole(['hide'], 'step', 'b', FIELDS)).toEqual(['step:b', 'hide']);
  });

  test('What a later cell of a step says is taken away there, and said at its first cell.', () => {
    const [step] = stepsIn([code('a', 'step:first'), code('b', 'gpu:1', 'mine')]);
    expect([...changesOf(field('gpu'), step!, ['2'])]).toEqual([
      ['a', ['step:first', 'gpu:2']],
      ['b', ['mine']]
    ]);
    expect([...changesOf(field('gpu'), step!, ['1'])]).toEqual([]);
  });
});
