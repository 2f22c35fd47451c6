/**
 * The comment in a cell's first line that says the same as tags, and what it says when a step gets another name.
 *
 * Which comments are ones is said by the server; the grammar is that of kfnb/notebook/comments.py.
 */

import type { TaggedCell } from './tags';
import { trans } from './words';

const NAMING = /^(\s*(?:step|after|prev)\s*:\s*)(.*?)(\s*)$/s;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}_.\-/]*(?: [\p{L}\p{N}_.\-/]+){0,3}$/u;

/** Another text for a part of a cell's source. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Whether the comment of a cell names a step. */
export function isNamedIn({ comment = [] }: TaggedCell, step: string): boolean {
  return comment.some(tag => NAMING.exec(tag)?.[2] === step);
}

/** Return the change of a cell's source with which its comment names a step by its new name; null where it does not name it. */
export function renamedIn(source: string, from: string, to: string): Edit | null {
  const start = source.length - source.trimStart().length;
  const line = source.slice(start).split('\n', 1)[0]!.trimEnd();
  const [, mark, said] = /^(#\s*)(.*)$/.exec(line) ?? [];
  if (mark === undefined || said === undefined) {
    return null;
  }
  const parts = atCommas(said).map(part => {
    const [, word = '', name, rest = ''] = NAMING.exec(part) ?? [];
    return name === from ? word + to + rest : part;
  });
  const text = mark + parts.join(',');
  return text === line ? null : { start, end: start + line.length, text };
}

/** Return why a comment cannot name a step so; null if it can. A comment with such a name would be an ordinary one. */
export function commentedNameProblem(name: string): string | null {
  return NAME.test(name) && !name.endsWith('.')
    ? null
    : trans.__(
        'A comment names this step: at most four words of letters, digits and _ . - /, without a full stop.'
      );
}

/** Split at commas, but not in brackets or quotes. */
function atCommas(text: string): string[] {
  const parts = [''];
  let [depth, quote] = [0, ''];
  for (const letter of text) {
    if (quote !== '') {
      quote = letter === quote ? '' : quote;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
    } else if ('([{'.includes(letter)) {
      depth += 1;
    } else if (')]}'.includes(letter)) {
      depth -= 1;
    } else if (letter === ',' && depth <= 0) {
      parts.push('');
      continue;
    }
    parts[parts.length - 1] += letter;
  }
  return parts;
}
