/** Settings of several steps at once, and those that comments in cells say. */

import { describe, expect, test } from 'vitest';

import { FIELDS, type Field } from '../src/model/fields';
import { changesOfAll, choicesOf, saidOf } from '../src/model/several_steps';
import { stepsIn, type TaggedStep } from '../src/model/tags';

const field = (key: string): Field => FIELDS.find(found => found.key === key)!;

/** Steps of one cell each, which has the name of its step, with these tags and this comment beside. */
function steps(...cells: [name: string, tags: string[], comment?: string[]][]): TaggedStep[] {
  return stepsIn(
    cells.map(([id, tags, comment = []]) => ({ id, isCode: true, tags: [`step:${id}`, ...tags], comment }))
  );
}

describe('several steps', () => {
  const three = steps(['fit', ['after:read']], ['score', ['prev:clean', 'after:fit']], ['show', []]);

  test('A step that only some come after is half ticked; ticked, it is added and nothing else is taken away.', () => {
    const [fit, score] = three as [TaggedStep, TaggedStep];
    const shares = choicesOf(field('after'), [fit, score], ['read', 'show']).map(({ name, share }) => [
      name,
      share
    ]);
    expect(shares).toEqual([
      ['read', 'some'],
      ['show', 'none'],
      ['clean', 'some'],
      ['fit', 'all'] // of the others: no step comes after itself
    ]);
    expect([...changesOfAll(field('after'), [fit, score], [], ['read'])]).toEqual([
      ['score', ['step:score', 'prev:clean', 'after:fit', 'after:read']]
    ]);
    expect([...changesOfAll(field('after'), [fit, score], ['clean'], [])]).toEqual([
      ['score', ['step:score', 'after:fit']]
    ]);
    expect([...changesOfAll(field('after'), three, [], ['fit'])]).toEqual([
      ['show', ['step:show', 'after:fit']]
    ]);
  });

  test('Of lists what all have is shown; what only some have stays when that is changed.', () => {
    const two = steps(['a', ['packages:numpy', 'packages:pandas']], ['b', ['packages:numpy']]);
    const said = saidOf(field('packages'), two);
    expect(said).toMatchObject({ values: ['numpy'], isMixed: true });
    expect([...changesOfAll(field('packages'), two, said.values, ['scipy'])]).toEqual([
      ['a', ['step:a', 'packages:scipy', 'packages:pandas']],
      ['b', ['step:b', 'packages:scipy']]
    ]);
  });

  test('Of a setting with one value nothing is shown where they differ, and what is written counts for all.', () => {
    const two = steps(['a', ['gpu:1']], ['b', ['gpu:2']]);
    expect(saidOf(field('gpu'), two)).toMatchObject({ values: [], isMixed: true });
    expect([...changesOfAll(field('gpu'), two, [], ['4'])]).toEqual([
      ['a', ['step:a', 'gpu:4']],
      ['b', ['step:b', 'gpu:4']]
    ]);
  });

  test('A flag that some have is mixed.', () => {
    expect(saidOf(field('draws'), steps(['a', ['draws']], ['b', []]))).toMatchObject({ isMixed: true });
    expect(saidOf(field('draws'), steps(['a', ['draws']], ['b', ['draws']]))).toMatchObject({
      isMixed: false
    });
  });
});

describe('comments', () => {
  const [step] = steps(['a', ['packages:numpy'], ['gpu:1', 'packages:pandas', 'after:read']]);

  test('What a comment says of a setting with one value is shown and stays.', () => {
    expect(saidOf(field('gpu'), [step!])).toEqual({
      values: ['1'],
      isMixed: false,
      commented: ['1'],
      isFixed: true
    });
    expect([...changesOfAll(field('gpu'), [step!], ['1'], ['2'])]).toEqual([]);
  });

  test('A list can have more by tags than a comment says; nothing is said twice.', () => {
    expect(saidOf(field('packages'), [step!])).toEqual({
      values: ['numpy'],
      isMixed: false,
      commented: ['pandas'],
      isFixed: false
    });
    expect([...changesOfAll(field('packages'), [step!], ['numpy'], ['numpy', 'pandas', 'scipy'])]).toEqual([
      ['a', ['step:a', 'packages:numpy', 'packages:scipy']]
    ]);
  });

  test('A step that a comment names as one to come after is ticked and cannot be unticked.', () => {
    expect(choicesOf(field('after'), [step!], ['read', 'clean'])).toEqual([
      { name: 'read', share: 'all', isFixed: true },
      { name: 'clean', share: 'none', isFixed: false }
    ]);
  });
});
