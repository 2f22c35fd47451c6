import { describe, expect, test } from 'vitest';

import { underlined } from '../src/model/underlined';

describe('what is underlined', () => {
  const part = (line: string, column: number | null): string | null => {
    const found = underlined(line, column);
    return found === null ? null : line.slice(...found);
  };

  test('Without a column it is the line without what is blank around it.', () => {
    expect(part('    x = 1  ', null)).toBe('x = 1');
  });

  test('With a column it is the word there.', () => {
    expect(part('model.fit(rows)', 11)).toBe('rows');
  });

  test('Columns are bytes of UTF-8, words of any alphabet.', () => {
    expect(part('größe = "😀" + länge', 20)).toBe('länge');
  });

  test('Where there is no word it is one character.', () => {
    expect(part('(a, b)', 1)).toBe('(');
  });

  test('A column beyond the line means the whole line.', () => {
    expect(part('x = 1', 40)).toBe('x = 1');
  });

  test('Nothing is underlined in a line without code.', () => {
    expect(part('   ', 2)).toBe(null);
  });
});
