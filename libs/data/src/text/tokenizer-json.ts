import { parseJson } from '#protocol/input/json-text.js';
import type { Pausable } from '#threads/turns.js';

/**
 * What parseJson gives for the UTF-8 bytes of a tokenizer's document, with pauses: a million merges take it half a
 * second. Throws as parseJson does.
 */
export function* parseTokenizerJson(bytes: Uint8Array): Pausable<unknown> {
  const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const from = json.subarray(0, headBytesMax).indexOf(opening) + opening.length;
  const to = json.length - closing.length;
  if (from < opening.length || !json.subarray(to).equals(closing)) return parseJson(bytes);
  const merges: unknown[] = [];
  try {
    const head = parseJson(Buffer.concat([json.subarray(0, from), closing])) as object;
    for (let at = from; at < to;) {
      const end = Math.min(partEnd(json, at + partBytes), to);
      const part = parseJson(Buffer.concat([Buffer.from('['), json.subarray(at, end), Buffer.from(']')]));
      for (const merge of part as unknown[]) merges.push(merge);
      at = end + 1; // Without the comma.
      yield;
    }
    return { ...head, merges };
  } catch {
    // Not laid out as documentJson does it, or damaged: then parseJson says where.
    return parseJson(bytes);
  }
}

const opening = Buffer.from('"merges":[');
const closing = Buffer.from(']}');
const between = Buffer.from('","');
/** The members before the merges take less. */
const headBytesMax = 256;
/** Takes about a millisecond. */
const partBytes = 2 ** 16;

/** Where a string of the list ends, at `from` or later. A part that ended elsewhere would have a quote too many. */
function partEnd(json: Buffer, from: number): number {
  for (let at = json.indexOf(between, from); at !== -1; at = json.indexOf(between, at + 1)) {
    let backslashes = 0;
    while (json[at - 1 - backslashes] === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  return json.length;
}
