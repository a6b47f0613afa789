import { z } from 'zod';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes [start, end) of the data. */
  readonly start: number;
  readonly end: number;
}
export interface Header {
  /** In the order of their data. */
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Record<string, string>;
  /** Where the data starts in the blob. */
  readonly dataOffset: number;
}

/** The format's own limit. */
const maxHeaderBytes = 100_000_000;

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
// Entries rather than a record, which would leave out a key named __proto__.
const metadataSchema = z.array(z.tuple([z.string(), z.string()]));

/** Bytes that say how long the header is, at the start of a blob. */
export const headerLengthBytes = 8;

/** Where the data starts in a blob of `blobBytes`, by its first bytes. Throws DATA_INVALID where that is beyond its end or the format's limit. */
export function headerBytesOf(start: Uint8Array, blobBytes: number): number {
  const headerBytes = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  const dataOffset = headerLengthBytes + headerBytes;
  if (headerBytes <= maxHeaderBytes && dataOffset <= blobBytes) return dataOffset;
  throw invalid(`expected a header of ${headerBytes} bytes, at most ${maxHeaderBytes}, in a blob of ${blobBytes}`);
}

/**
 * Read the header of a safetensors blob of `blobBytes` from its start, `bytes`: 8 bytes of its length, little-endian, then JSON.
 * The tensors must cover the data with no hole, no overlap and no rest. Throws DATA_INVALID, saying what is wrong with which
 * tensor.
 */
export function parseHeader(bytes: Uint8Array, blobBytes = bytes.byteLength): Header {
  if (bytes.byteLength < headerLengthBytes) throw invalid(`expected at least ${headerLengthBytes} bytes, got ${bytes.byteLength}`);
  const dataOffset = headerBytesOf(bytes, blobBytes);
  const { __metadata__: metadata, ...fields } = parseJson(bytes.subarray(headerLengthBytes, dataOffset));
  const entries = Object.entries(fields)
    .map(([name, value]) => parseEntry(name, value))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  checkCover(entries, blobBytes - dataOffset);
  return { entries, metadata: metadata === undefined ? {} : parseMetadata(metadata), dataOffset };
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    // A copy, for TextDecoder takes no shared memory.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(bytes)));
  } catch (error) {
    throw invalid(`the header is no JSON (${error instanceof Error ? error.message : String(error)})`, error);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid('the header is no JSON object');
}

function parseEntry(name: string, value: unknown): HeaderEntry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) throw invalid(`${name}: ${z.prettifyError(parsed.error)}`);
  const { dtype, shape, data_offsets: [start, end] } = parsed.data;
  return { name, dtype, shape, start, end };
}

function parseMetadata(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) throw invalid('__metadata__ is no JSON object');
  const parsed = metadataSchema.safeParse(Object.entries(value));
  if (!parsed.success) throw invalid(`__metadata__: ${z.prettifyError(parsed.error)}`);
  return Object.fromEntries(parsed.data);
}

function checkCover(entries: readonly HeaderEntry[], dataBytes: number): void {
  let end = 0;
  for (const entry of entries) {
    if (entry.start !== end || entry.end < entry.start) {
      throw invalid(`${entry.name} takes bytes ${entry.start} to ${entry.end} of the data, expected it to start at ${end}`);
    }
    end = entry.end;
  }
  if (end !== dataBytes) throw invalid(`the tensors take ${end} bytes, the blob has ${dataBytes} of data`);
}

function invalid(what: string, cause?: unknown): TandemError {
  const help = 'The file is cut short or is no safetensors file: fetch or write it again.';
  return new TandemError({ code: ErrorCode.DataInvalid, message: `Safetensors: ${what}.`, help, cause });
}
