import { parseJson } from '#protocol/input/json-text.js';
import type { Pausable } from '#threads/turns.js';

/** One value a line, as metrics.jsonl has the metrics of up to millions of steps. */
export function* jsonLines(values: readonly unknown[]): Pausable<Uint8Array> {
  const parts: Buffer[] = [];
  for (let from = 0; from < values.length; from += linesBetweenPauses) {
    const some = values.slice(from, from + linesBetweenPauses);
    parts.push(Buffer.from(some.map((value) => `${JSON.stringify(value)}\n`).join('')));
    yield;
  }
  return Buffer.concat(parts);
}

/** The values of such lines, empty ones left out. Throws SyntaxError where a line is not JSON. */
export function* parsedJsonLines(bytes: Uint8Array): Pausable<unknown[]> {
  const values: unknown[] = [];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0, lines = 1; start < text.byteLength; lines++) {
    const found = text.indexOf(newline, start);
    const end = found < 0 ? text.byteLength : found;
    if (end > start) values.push(parseJson(text.subarray(start, end)));
    start = end + 1;
    if (lines % linesBetweenPauses === 0) yield;
  }
  return values;
}

/** Of metrics, they take about a millisecond. */
const linesBetweenPauses = 256;
const newline = 0x0a;
