/**
 * A log as it is held and drawn: pieces that end with a line, so that what is new changes only the last of them. Pure.
 *
 * Of a long log only the end is held; what stands before it is asked for when a person wants it.
 */

/** Lines that are drawn together. `id`: one more than that of the piece before. */
export interface LogPiece {
  readonly id: number;
  readonly text: string;
}

/** The end of a log: `start` is the byte of it with which the first piece begins. */
export interface LogText {
  readonly pieces: readonly LogPiece[];
  readonly start: number;
}

export const NO_LOG: LogText = { pieces: [], start: 0 };

const PIECE_CHARS = 1 << 15;
/** What grows beyond this is dropped at the beginning. */
const MOST_PIECES = 256;

/** Return a log with what has come since. */
export function appended({ pieces, start }: LogText, text: string): LogText {
  const last = pieces[pieces.length - 1];
  const isOpen = last !== undefined && (last.text.length < PIECE_CHARS || !last.text.endsWith('\n'));
  const whole = isOpen ? pieces.slice(0, -1) : pieces;
  const first = isOpen ? last.id : (last?.id ?? -1) + 1;
  const grown = [...whole, ...cut((isOpen ? last.text : '') + text, first)];
  const dropped = grown.slice(0, Math.max(0, grown.length - MOST_PIECES));
  return { pieces: grown.slice(dropped.length), start: start + bytesOf(dropped) };
}

/** Return a log with what stands before it, from the byte `start` on; that may end within a line. */
export function prepended({ pieces }: LogText, text: string, start: number): LogText {
  const [first, ...others] = pieces;
  if (first !== undefined && text !== '' && !text.endsWith('\n')) {
    const open = text.slice(text.lastIndexOf('\n') + 1);
    const joined = { id: first.id, text: open + first.text };
    return prepended({ pieces: [joined, ...others], start }, text.slice(0, text.length - open.length), start);
  }
  const count = cut(text, 0).length;
  return { pieces: [...cut(text, (first?.id ?? 0) - count), ...pieces], start };
}

function cut(text: string, first: number): LogPiece[] {
  const pieces: LogPiece[] = [];
  for (let from = 0; from < text.length;) {
    const before = text.lastIndexOf('\n', from + PIECE_CHARS);
    const end = text.length - from <= PIECE_CHARS ? -1 : before >= from ? before : text.indexOf('\n', from);
    const to = end < 0 ? text.length : end + 1;
    pieces.push({ id: first + pieces.length, text: text.slice(from, to) });
    from = to;
  }
  return pieces;
}

function bytesOf(pieces: readonly LogPiece[]): number {
  const encoder = new TextEncoder();
  return pieces.reduce((sum, { text }) => sum + encoder.encode(text).length, 0);
}
