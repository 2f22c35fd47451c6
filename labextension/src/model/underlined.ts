/** Which part of a line of code a finding is about. */

/**
 * Return the part of a line to underline, from and to as JavaScript counts characters; null where there is nothing.
 *
 * `column`: from 1, in bytes of UTF-8 as Python's syntax trees count; the word there is meant, without it the whole line.
 */
export function underlined(line: string, column: number | null): readonly [number, number] | null {
  const end = line.trimEnd().length;
  if (end === 0) {
    return null;
  }
  const whole = [line.length - line.trimStart().length, end] as const;
  if (column === null) {
    return whole;
  }
  const before = new TextEncoder().encode(line).slice(0, column - 1);
  const begin = new TextDecoder().decode(before).length;
  if (begin >= end) {
    return whole; // the line is no longer as it was
  }
  const [word] = /^[\p{L}\p{N}_]+/u.exec(line.slice(begin)) ?? [];
  return [begin, begin + (word?.length ?? 1)];
}
