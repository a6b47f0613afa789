import { tableRecordBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';
import { TandemError } from '#protocol/tandem-error.js';
import { decodeWith, utf16Of, type TextEncodingLabel } from '../text-encoding.js';

/** A line of a table without its end, or why it cannot be read. The first line has number 1. */
export type TableLine =
  | { readonly kind: 'text'; readonly number: number; readonly text: string }
  | { readonly kind: 'unreadable'; readonly number: number; readonly reason: string };

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Yields the lines of a table. They end at a line feed, with or without a carriage return before it; where the first
 * line ends at a carriage return alone, as on old Macs, at that too. A byte order mark is left out. A line of more than
 * `tableRecordBytesMax` is never held in memory whole, and one in another encoding is not replaced by anything: both
 * are unreadable.
 */
export async function* tableLines(
  bytes: AsyncIterable<Uint8Array>,
  encoding: TextEncodingLabel = 'utf-8',
): AsyncGenerator<TableLine> {
  const pieces = bytes[Symbol.asyncIterator]();
  const { start, isDone } = await startOf(pieces);
  const wide = utf16Of(start) ?? (/^utf-?16|^ucs-?2|^unicode$/i.test(encoding) ? encoding : undefined);
  const all = restOf(start, isDone ? undefined : pieces);
  if (wide !== undefined) yield* splitLines(asUtf8(all, wide), 'utf-8', false);
  else {
    const firstEnd = start.indexOf(newline);
    const first = firstEnd < 0 ? start : start.subarray(0, firstEnd);
    const isOldMac = first.subarray(0, -1).includes(carriageReturn);
    yield* splitLines(all, encoding, isOldMac);
  }
}

/** The bytes up to the first line end, but no more than a row may have. */
async function startOf(pieces: AsyncIterator<Uint8Array>): Promise<{ start: Uint8Array; isDone: boolean }> {
  let start = Buffer.alloc(0);
  while (start.byteLength < tableRecordBytesMax && !start.includes(newline)) {
    const next = await pieces.next();
    if (next.done) return { start, isDone: true };
    start = Buffer.concat([start, next.value]);
  }
  return { start, isDone: false };
}

async function* restOf(start: Uint8Array, pieces?: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const isMarked = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf;
  yield isMarked ? start.subarray(3) : start;
  for (let next = await pieces?.next(); next && !next.done; next = await pieces?.next()) yield next.value;
}

/** A lone surrogate becomes a replacement character here: UTF-16 has no other damage that a decoder could tell. */
async function* asUtf8(bytes: AsyncIterable<Uint8Array>, encoding: TextEncodingLabel): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const piece of bytes) yield Buffer.from(decoder.decode(piece, { stream: true }));
  yield Buffer.from(decoder.decode());
}

async function* splitLines(
  bytes: AsyncIterable<Uint8Array>,
  encoding: TextEncodingLabel,
  isOldMac: boolean,
): AsyncGenerator<TableLine> {
  let number = 1;
  let before: Uint8Array[] = [];
  let beforeBytes = 0;
  const finish = (last: Uint8Array): TableLine => {
    const isWhole = beforeBytes + last.byteLength <= tableRecordBytesMax;
    const line = isWhole ? textLine(number, Buffer.concat([...before, last]), encoding) : tooLarge(number);
    number++;
    before = [];
    beforeBytes = 0;
    return line;
  };
  for await (const piece of bytes) {
    let from = 0;
    for (let at = endIn(piece, 0, isOldMac); at >= 0; at = endIn(piece, from, isOldMac)) {
      yield finish(piece.subarray(from, at));
      from = at + 1;
    }
    beforeBytes += piece.byteLength - from;
    if (beforeBytes > tableRecordBytesMax) before = [];
    // A copy, because the source may reuse the memory of a piece.
    else if (from < piece.byteLength) before.push(piece.slice(from));
  }
  if (beforeBytes > 0) yield finish(new Uint8Array());
}

function endIn(piece: Uint8Array, from: number, isOldMac: boolean): number {
  const feed = piece.indexOf(newline, from);
  const back = isOldMac ? piece.indexOf(carriageReturn, from) : -1;
  return feed < 0 || (back >= 0 && back < feed) ? back : feed;
}

function textLine(number: number, bytes: Uint8Array, encoding: TextEncodingLabel): TableLine {
  try {
    return { kind: 'text', number, text: decodeWith(bytes, encoding) };
  } catch (thrown) {
    if (thrown instanceof TandemError) return { kind: 'unreadable', number, reason: thrown.message };
    throw thrown;
  }
}

function tooLarge(number: number): TableLine {
  const reason = `The row is larger than the limit of ${bytesText(tableRecordBytesMax)}.`;
  return { kind: 'unreadable', number, reason };
}
