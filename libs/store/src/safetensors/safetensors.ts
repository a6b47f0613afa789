import { shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { parseHeader } from './safetensors-header.js';
import type { HeaderEntry } from './safetensors-header.js';

/** The array type that holds each dtype. float16 and bfloat16 are kept as their raw bits in a Uint16Array. */
interface Arrays {
  F32: Float32Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  I32: Int32Array;
  I64: BigInt64Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
}
export type SafeType = keyof Arrays;
export interface SafeSpec {
  readonly dtype: SafeType;
  readonly shape: readonly number[];
}
/** Row-major values; `dtype` determines the array type. */
export type SafeTensor = {
  [Type in SafeType]: { readonly dtype: Type; readonly shape: readonly number[]; readonly data: Arrays[Type] };
}[SafeType];
export type Float32Tensor = Pick<Extract<SafeTensor, { dtype: 'F32' }>, 'shape' | 'data'>;

export interface SafetensorsFile {
  readonly tensors: Record<string, SafeTensor>;
  readonly metadata: Record<string, string>;
}
/** A whole blob, and its tensors as views into it: once their values are filled in, the blob is ready to be stored. */
export interface SafetensorsBlob {
  readonly bytes: Uint8Array;
  readonly tensors: Record<string, SafeTensor>;
}

export interface SafetensorsLayout {
  /** The length and the text of the header, padded to a multiple of 8 bytes. */
  readonly header: Uint8Array;
  readonly tensors: readonly { readonly name: string; readonly byteLength: number }[];
}

/**
 * Encodes tensors as a safetensors blob. Equal tensors and metadata give equal bytes, whatever their order. Tensors are
 * sorted by alignment: first those whose size is a multiple of 8 bytes, then of 4, of 2 and of 1, each group by name.
 * So every tensor starts at a multiple of its element size, and nearly all at a multiple of 8: copies of unaligned
 * shared memory go byte by byte and take four times as long. Source: github.com/huggingface/safetensors, README
 * "Format".
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, SafeTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const blob = allocateSafetensors(tensors, metadata);
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const to = blob.tensors[name]!;
    if (data.length !== to.data.length)
      throw invalid(`${name} is ${dtype}[${shape.join(',')}], ${to.data.length} values, but comes with ${data.length}`);
    bytesOf(to.data).set(bytesOf(data));
  }
  return blob.bytes;
}

/**
 * Lays out a blob for these tensors in fresh memory from `allocate`; all values are still zero. Allocating once and
 * filling in the values every step saves the copy and the fresh memory of `encodeSafetensors`.
 */
export function allocateSafetensors(
  specs: Readonly<Record<string, SafeSpec>>,
  metadata: Readonly<Record<string, string>> = {},
  allocate: (bytes: number) => ArrayBufferLike = (bytes) => new ArrayBuffer(bytes),
): SafetensorsBlob {
  const { header, tensors } = layoutSafetensors(specs, metadata);
  const length = tensors.reduce((sum, { byteLength }) => sum + byteLength, header.byteLength);
  const bytes = new Uint8Array(allocate(length), 0, length);
  bytes.set(header);
  return { bytes, tensors: decodeSafetensors(bytes).tensors };
}

/** The header of a blob of these tensors, and the tensors in the order in which they follow it. */
export function layoutSafetensors(
  specs: Readonly<Record<string, SafeSpec>>,
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout {
  const fields = Object.keys(metadata).length === 0 ? [] : [`"__metadata__":${JSON.stringify(sortedByName(metadata))}`];
  const tensors = inFileOrder(specs).map(([name, { dtype, shape }]) => ({
    name,
    dtype,
    shape,
    byteLength: safeTypeBytes[dtype] * valueCount(shape),
  }));
  let end = 0;
  for (const { name, dtype, shape, byteLength } of tensors) {
    const start = end;
    end += byteLength;
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [start, end] })}`);
  }
  const text = new TextEncoder().encode(`{${fields.join(',')}}`);
  const textBytes = Math.ceil(text.byteLength / 8) * 8;
  const header = new Uint8Array(8 + textBytes).fill(space);
  new DataView(header.buffer).setBigUint64(0, BigInt(textBytes), true);
  header.set(text, 8);
  return { header, tensors };
}

/**
 * Decodes a blob. The tensors are views into `bytes` if aligned, as in every blob that was encoded here and read by a
 * store, and copies otherwise. Throws DATA_INVALID naming the tensor and what is wrong with it.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { entries, metadata, dataOffset } = parseHeader(bytes);
  const tensors = entries.map((entry) => [entry.name, tensorAt(bytes, dataOffset, entry)] as const);
  // Object.fromEntries stores every name as an own property, even __proto__.
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** `encodeSafetensors` for float32 tensors only. */
export function encodeFloat32(
  tensors: Readonly<Record<string, Float32Tensor>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const typed = Object.entries(tensors).map(
    ([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }] as const,
  );
  return encodeSafetensors(Object.fromEntries(typed), metadata);
}

/** `decodeSafetensors` for a blob of float32 tensors only. Throws DATA_INVALID naming a tensor of another type. */
export function decodeFloat32(bytes: Uint8Array): Record<string, Float32Tensor> {
  const typed = Object.entries(decodeSafetensors(bytes).tensors).map(([name, tensor]) => {
    if (tensor.dtype !== 'F32') throw invalid(`expected F32 tensors only, ${shownName(name)} is ${tensor.dtype}`);
    return [name, tensor] as const;
  });
  return Object.fromEntries(typed);
}

/** Like `decodeFloat32`, but only the values, without shapes. */
export function float32Values(bytes: Uint8Array): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(decodeFloat32(bytes)).map(([name, { data }]) => [name, data]));
}

/** All values of a blob that was laid out here and has float32 tensors only, one tensor after another, as a view. */
export function float32Data({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  const headerBytes = 8 + Number(new DataView(buffer, byteOffset).getBigUint64(0, true));
  return new Float32Array(buffer, byteOffset + headerBytes, (byteLength - headerBytes) / 4);
}

const space = 0x20;
const safeTypeBytes: Readonly<Record<SafeType, number>> = { F32: 4, F16: 2, BF16: 2, I32: 4, I64: 8, U8: 1, BOOL: 1 };

function tensorAt(bytes: Uint8Array, dataOffset: number, { name, dtype, shape, start, end }: HeaderEntry): SafeTensor {
  if (!isSafeType(dtype))
    throw invalid(`${shownName(name)} is ${dtype}; supported are ${Object.keys(safeTypeBytes).join(', ')}`);
  const width = safeTypeBytes[dtype];
  const length = valueCount(shape);
  if (end - start !== length * width) {
    throw invalid(
      `${shownName(name)} is ${dtype}[${shape.join(',')}], ${length * width} bytes, but takes ${end - start}`,
    );
  }
  const isAligned = (bytes.byteOffset + dataOffset + start) % width === 0;
  const view = bytes.subarray(dataOffset + start, dataOffset + end);
  // Not slice(): on a Buffer that makes a view rather than a copy.
  const data = isAligned ? view : new Uint8Array(view);
  return typedTensor(dtype, shape, data.buffer, data.byteOffset, length);
}

function typedTensor(
  dtype: SafeType,
  shape: readonly number[],
  buffer: ArrayBufferLike,
  offset: number,
  length: number,
): SafeTensor {
  switch (dtype) {
    case 'F32':
      return { dtype, shape, data: new Float32Array(buffer, offset, length) };
    case 'F16':
    case 'BF16':
      return { dtype, shape, data: new Uint16Array(buffer, offset, length) };
    case 'I32':
      return { dtype, shape, data: new Int32Array(buffer, offset, length) };
    case 'I64':
      return { dtype, shape, data: new BigInt64Array(buffer, offset, length) };
    case 'U8':
    case 'BOOL':
      return { dtype, shape, data: new Uint8Array(buffer, offset, length) };
  }
}

function inFileOrder<Spec extends SafeSpec>(specs: Readonly<Record<string, Spec>>): [string, Spec][] {
  const byName = ([a]: [string, Spec], [b]: [string, Spec]): number => (a < b ? -1 : 1);
  const bySize = ([, a]: [string, Spec], [, b]: [string, Spec]): number => alignmentOf(b) - alignmentOf(a);
  return Object.entries(specs).sort((a, b) => bySize(a, b) || byName(a, b));
}

/**
 * The largest of 8, 4, 2 and 1 that divides the size of the tensor in bytes. A tensor that starts at a multiple of it
 * also ends at one.
 */
function alignmentOf({ dtype, shape }: SafeSpec): number {
  const bytes = safeTypeBytes[dtype] * valueCount(shape);
  return [8, 4, 2].find((part) => bytes % part === 0) ?? 1;
}

function sortedByName(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function bytesOf(data: SafeTensor['data']): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function valueCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function isSafeType(dtype: string): dtype is SafeType {
  return Object.hasOwn(safeTypeBytes, dtype);
}

function invalid(what: string): TandemError {
  return new TandemError({ code: ErrorCode.DataInvalid, message: `Safetensors: ${what}.` });
}
