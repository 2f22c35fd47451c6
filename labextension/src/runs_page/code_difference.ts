/** The difference of a cell's code in two runs, side by side: what the server tells as a unified diff. Pure. */

/** A part of a line; `isNew`: it is not in the line beside it. */
export interface Piece {
  readonly text: string;
  readonly isNew: boolean;
}

/** Lines beside one another; null where a side has none. `same`: they are equal; `gap`: equal lines are left out here. */
export interface LinePair {
  readonly kind: 'same' | 'differs' | 'gap';
  readonly before: readonly Piece[] | null;
  readonly after: readonly Piece[] | null;
}

/** Return the lines of a unified diff beside one another: of lines that were replaced, the first beside the first. */
export function sideBySide(diff: string): LinePair[] {
  const found: LinePair[] = [];
  let removed: string[] = [];
  let added: string[] = [];
  const settle = (): void => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) {
      found.push(pairOf(removed[i] ?? null, added[i] ?? null));
    }
    removed = [];
    added = [];
  };
  for (const line of diff === '' ? [] : diff.split('\n')) {
    const text = line.slice(1);
    if (line.startsWith('-')) {
      removed.push(text);
    } else if (line.startsWith('+')) {
      added.push(text);
    } else {
      settle();
      const isGap = line.startsWith('@@');
      if (!isGap) {
        found.push({ kind: 'same', before: whole(text, false), after: whole(text, false) });
      } else if (found.length > 0) {
        found.push({ kind: 'gap', before: null, after: null });
      }
    }
  }
  settle();
  return found;
}

function pairOf(before: string | null, after: string | null): LinePair {
  if (before === null || after === null) {
    return {
      kind: 'differs',
      before: before === null ? null : whole(before, true),
      after: after === null ? null : whole(after, true)
    };
  }
  const start = commonStart(before, after);
  const most = Math.min(before.length, after.length) - start;
  const end = Math.min(most, commonStart(reversed(before), reversed(after)));
  if (start + end === 0) {
    return { kind: 'differs', before: whole(before, true), after: whole(after, true) };
  }
  return { kind: 'differs', before: cut(before, start, end), after: cut(after, start, end) };
}

function whole(text: string, isNew: boolean): Piece[] {
  return [{ text, isNew }];
}

function cut(text: string, start: number, end: number): Piece[] {
  const pieces = [
    { text: text.slice(0, start), isNew: false },
    { text: text.slice(start, text.length - end), isNew: true },
    { text: text.slice(text.length - end), isNew: false }
  ];
  return pieces.filter(piece => piece.text !== '');
}

function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) {
    length += 1;
  }
  return length;
}

function reversed(text: string): string {
  return text.split('').reverse().join('');
}
