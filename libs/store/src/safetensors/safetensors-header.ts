import { safetensorsHeaderBytesMax, safetensorsTensorsMax, tensorDimensionsMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import { bytesText, shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The tensor is bytes [start, end) of the data section. */
  readonly start: number;
  readonly end: number;
}
export interface Header {
  /** In the order of their data in the file. */
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Record<string, string>;
  /** Offset of the data section in the blob, in bytes. */
  readonly dataOffset: number;
}

/** A blob starts with the length of its header, in this many bytes. */
export const headerLengthBytes = 8;

/**
 * Offset of the data section, read from the first bytes of a blob of `blobBytes`. Throws DATA_INVALID if the header
 * would extend beyond the blob or is larger than safetensorsHeaderBytesMax.
 */
export function dataOffsetOf(start: Uint8Array, blobBytes: number): number {
  const headerBytes = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  const dataOffset = headerLengthBytes + headerBytes;
  if (headerBytes > safetensorsHeaderBytesMax && dataOffset <= blobBytes)
    throw tooLarge(`its header takes ${bytesText(headerBytes)}; the limit is ${bytesText(safetensorsHeaderBytesMax)}`);
  if (dataOffset <= blobBytes) return dataOffset;
  throw invalid(`expected a header of ${headerBytes} bytes in a blob of ${blobBytes}`);
}

/**
 * Parses the header of a safetensors blob of `blobBytes`; `bytes` is its beginning. The header is its own length in 8
 * bytes, little-endian, then JSON. The tensors must cover the data section without gap, overlap or remainder. Throws
 * DATA_INVALID naming the tensor and what is wrong with it.
 */
export function parseHeader(bytes: Uint8Array, blobBytes = bytes.byteLength): Header {
  if (bytes.byteLength < headerLengthBytes)
    throw invalid(`expected at least ${headerLengthBytes} bytes, got ${bytes.byteLength}`);
  const dataOffset = dataOffsetOf(bytes, blobBytes);
  const fields = fieldsOf(bytes.subarray(headerLengthBytes, dataOffset));
  const names = Object.keys(fields).filter((name) => name !== metadataKey);
  if (names.length > safetensorsTensorsMax)
    throw tooLarge(`it has ${names.length} tensors; the limit is ${safetensorsTensorsMax}`);
  const entries = names.map((name) => entryOf(name, fields[name])).sort((a, b) => a.start - b.start || a.end - b.end);
  checkCover(entries, blobBytes - dataOffset);
  return { entries, metadata: Object.hasOwn(fields, metadataKey) ? metadataOf(fields[metadataKey]) : {}, dataOffset };
}

const metadataKey = '__metadata__';

function fieldsOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (error) {
    throw invalid(`the header is ${(error as SyntaxError).message}`, error);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid('the header is not a JSON object');
}

/** Checked by hand because a zod schema takes about 20 µs per tensor, and there may be many. */
function entryOf(name: string, value: unknown): HeaderEntry {
  const {
    dtype,
    shape,
    data_offsets: place,
  } = (value ?? {}) as { readonly [field in 'dtype' | 'shape' | 'data_offsets']?: unknown };
  if (typeof dtype !== 'string' || dtype.length > dtypeLengthMax) throw invalid(`${shownName(name)} has no dtype`);
  if (!isCounts(shape) || shape.length > tensorDimensionsMax)
    throw invalid(
      `the shape of ${shownName(name)} is not a list of at most ${tensorDimensionsMax} non-negative integers`,
    );
  if (!isCounts(place) || place.length !== 2)
    throw invalid(`the data_offsets of ${shownName(name)} are not two non-negative integers`);
  const [start, end] = place as readonly [number, number];
  return { name, dtype, shape, start, end };
}

const dtypeLengthMax = 20;

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}

function metadataOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${metadataKey} is not a JSON object`);
  const entries = Object.entries(value);
  const other = entries.find(([, text]) => typeof text !== 'string');
  if (other) throw invalid(`${metadataKey}: ${shownName(other[0])} is not text`);
  // Object.fromEntries stores every name as an own property, even __proto__.
  return Object.fromEntries(entries as [string, string][]);
}

function checkCover(entries: readonly HeaderEntry[], dataBytes: number): void {
  let end = 0;
  for (const entry of entries) {
    if (entry.start !== end || entry.end < entry.start) {
      throw invalid(
        `${shownName(entry.name)} takes bytes ${entry.start} to ${entry.end} of the data, expected it ` +
          `to start at ${end}`,
      );
    }
    end = entry.end;
  }
  if (end !== dataBytes) throw invalid(`the tensors take ${end} bytes, the blob has ${dataBytes} of data`);
}

function tooLarge(what: string): TandemError {
  const help = 'No model that Tandem supports needs as much: the file is damaged, or holds something else.';
  return new TandemError({ code: ErrorCode.DataInvalid, message: `Safetensors: ${what}.`, help });
}

function invalid(what: string, cause?: unknown): TandemError {
  const help = 'The file is cut short or is not a safetensors file: fetch or write it again.';
  return new TandemError({ code: ErrorCode.DataInvalid, message: `Safetensors: ${what}.`, help, cause });
}
