import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safetensorsHeaderBytesMax, safetensorsTensorsMax } from '#protocol/input/input-limits.js';
import { dataOffsetOf, parseHeader } from './safetensors-header.js';
import {
  allocateSafetensors,
  decodeFloat32,
  decodeSafetensors,
  encodeFloat32,
  encodeSafetensors,
} from './safetensors.js';
import type { SafeTensor, SafeType } from './safetensors.js';

describe('safetensors', () => {
  it('follows the specification: length, header, data', () => {
    const bytes = encodeSafetensors(
      {
        b: { dtype: 'U8', shape: [2], data: new Uint8Array([7, 8]) },
        a: { dtype: 'F32', shape: [], data: new Float32Array([1]) },
      },
      { format: 'pt' },
    );
    const header =
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},' +
      '"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    expect(Buffer.from(bytes).toString('latin1')).toBe(
      `${String.fromCharCode(padded.length)}\0\0\0\0\0\0\0${padded}\0\0\u0080?\x07\x08`,
    );
  });

  it('decodes what it encoded, bit for bit, as views into the blob', () => {
    fc.assert(
      fc.property(anyTensors, fc.dictionary(fc.string(), fc.string()), (tensors, metadata) => {
        const bytes = encodeSafetensors(tensors, metadata);
        const decoded = decodeSafetensors(bytes);
        expect(decoded.metadata).toEqual(metadata);
        expect(Object.keys(decoded.tensors).sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
          const back = decoded.tensors[name]!;
          expect({ dtype: back.dtype, shape: back.shape }).toEqual({ dtype, shape });
          expect(Buffer.compare(asBytes(back.data), asBytes(data))).toBe(0);
          expect(back.data.buffer).toBe(bytes.buffer);
          if (data.byteLength % 8 === 0) expect(back.data.byteOffset % 8).toBe(0);
        }
      }),
    );
  });

  it('equal tensors give equal bytes, in whatever order they come', () => {
    fc.assert(
      fc.property(anyTensors, (tensors) => {
        const reversed = Object.fromEntries(Object.entries(tensors).reverse());
        expect(Buffer.compare(encodeSafetensors(tensors), encodeSafetensors(reversed))).toBe(0);
      }),
    );
  });

  it('copies the tensors of a blob at an odd address', () => {
    fc.assert(
      fc.property(anyTensors, fc.integer({ min: 1, max: 7 }), (tensors, offset) => {
        const bytes = encodeSafetensors(tensors);
        const moved = new Uint8Array(bytes.byteLength + offset);
        moved.set(bytes, offset);
        const back = decodeSafetensors(moved.subarray(offset)).tensors;
        const backFromBuffer = decodeSafetensors(Buffer.from(moved.buffer, offset)).tensors;
        for (const [name, { data }] of Object.entries(tensors)) {
          for (const one of [back, backFromBuffer])
            expect(Buffer.compare(asBytes(one[name]!.data), asBytes(data))).toBe(0);
        }
      }),
    );
  });

  it('a blob filled in place equals the encoded one, also in shared memory', () => {
    const data = new Float32Array([1, -2, 3, Number.NaN]);
    const blob = allocateSafetensors(
      { w: { dtype: 'F32', shape: [2, 2] } },
      {},
      (bytes) => new SharedArrayBuffer(bytes),
    );
    expect(blob.tensors['w']?.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    (blob.tensors['w'] as { data: Float32Array }).data.set(data);
    expect(Buffer.compare(blob.bytes, encodeFloat32({ w: { shape: [2, 2], data } }))).toBe(0);
    expect(decodeFloat32(blob.bytes)['w']?.data).toEqual(data);
  });

  it('a damaged blob is DATA_INVALID or decodes to something else, and never crashes', () => {
    const bytes = encodeSafetensors({
      a: { dtype: 'F32', shape: [2, 3], data: new Float32Array(6) },
      b: { dtype: 'BOOL', shape: [1], data: new Uint8Array(1) },
    });
    fc.assert(
      fc.property(fc.nat(bytes.byteLength), fc.nat(bytes.byteLength - 1), fc.nat(255), (length, at, value) => {
        const damaged = bytes.slice();
        damaged[at] = value;
        for (const one of [damaged, bytes.subarray(0, length)]) {
          try {
            decodeSafetensors(one);
          } catch (error) {
            expect(error).toMatchObject({ code: 'DATA_INVALID' });
          }
        }
        if (length < bytes.byteLength)
          expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(/^Safetensors: /);
      }),
    );
  });

  it.each([
    ['no header', Buffer.from('short'), 'at least 8 bytes, got 5'],
    ['a header past the end', blobOf('{}', '', 100), 'header of 100 bytes'],
    ['no JSON', blobOf('hello'), 'not valid JSON'],
    ['no object', blobOf('[]'), 'not a JSON object'],
    [
      'a shape that is none',
      blobOf('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 'data'),
      'the shape of a',
    ],
    [
      'a shape of too many dimensions',
      blobOf(`{"a":{"dtype":"U8","shape":[${'1,'.repeat(16)}1],"data_offsets":[0,1]}}`, 'd'),
      'the shape of a',
    ],
    [
      'places that are none',
      blobOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}', 'd'),
      'the data_offsets of a',
    ],
    ['a tensor that is null', blobOf('{"a":null}'), 'a has no dtype'],
    ['a header nested too deep', blobOf('['.repeat(1_000_000)), 'inside one another'],
    ['an unknown type', blobOf('{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}', 'data'), 'a is F4'],
    [
      'a wrong size',
      blobOf('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 'data'),
      'a is F32[2], 8 bytes, but takes 4',
    ],
    ['a hole', blobOf('{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}', 'data'), 'a takes bytes 2 to 4'],
    [
      'an overlap',
      blobOf(
        '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',
        'data',
      ),
      'b takes bytes 2 to 4',
    ],
    ['a rest', blobOf('{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}', 'data'), 'take 3 bytes, the blob has 4'],
    ['metadata that is no text', blobOf('{"__metadata__":{"a":1}}'), '__metadata__'],
  ])('refuses %s, saying what is wrong', (_, bytes, said) => {
    expect(() => decodeSafetensors(bytes)).toThrow(said);
  });

  it(
    'reads half the maximum number of tensors, and refuses one more than the maximum, in a header that is ' +
      `not read beyond ${safetensorsHeaderBytesMax} bytes`,
    { timeout: 20_000 },
    () => {
      expect(parseHeader(headerOf(safetensorsTensorsMax / 2)).entries).toHaveLength(safetensorsTensorsMax / 2);
      expect(() => parseHeader(headerOf(safetensorsTensorsMax + 1))).toThrow(
        `it has ${safetensorsTensorsMax + 1} tensors; the limit is ${safetensorsTensorsMax}`,
      );
      // The names of a million tensors take about 70 MB.
      const start = blobOf('', '', 70_000_000);
      expect(() => dataOffsetOf(start, 10 ** 9)).toThrow('its header takes 70,000,000 bytes; the limit is 16 MiB');
    },
  );

  it('quotes nothing of a file in another format, and cuts off long names', () => {
    expect(() => decodeSafetensors(blobOf('{"password": hunter2}'))).toThrow(
      /^Safetensors: the header is not valid JSON: an unexpected character at line 1, column 14\.$/,
    );
    const long = JSON.stringify({ ['x'.repeat(10_000)]: { dtype: 'F9', shape: [1], data_offsets: [0, 1] } });
    expect(() => decodeSafetensors(blobOf(long, 'd'))).toThrow(new RegExp(`^Safetensors: x{100}… is F9; `));
  });

  it('refuses to encode data that does not fill its shape, and to decode other types as float32', () => {
    expect(() => encodeFloat32({ a: { shape: [3], data: new Float32Array(2) } })).toThrow(
      'a is F32[3], 3 values, but comes with 2',
    );
    expect(() => decodeFloat32(encodeSafetensors({ a: { dtype: 'U8', shape: [1], data: new Uint8Array(1) } }))).toThrow(
      'a is U8',
    );
  });

  const parity = process.env['PARITY_DIR'] ?? join(process.cwd(), '../shared/parity');
  it('reads a file of the reference implementation and writes the same tensors', async (context) => {
    const bytes = await readFile(join(parity, 'vit-gelu.safetensors')).catch(() => undefined);
    if (!bytes) return context.skip(`no vit-gelu.safetensors in PARITY_DIR (${parity})`);
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect(Object.keys(tensors).length).toBeGreaterThan(10);
    const again = encodeSafetensors(tensors, metadata);
    const back = decodeSafetensors(again).tensors;
    for (const [name, tensor] of Object.entries(tensors)) {
      expect(tensor.data.length).toBe(tensor.shape.reduce((product, extent) => product * extent, 1));
      expect(Buffer.compare(asBytes(back[name]!.data), asBytes(tensor.data))).toBe(0);
    }
  });
});

const arrays = {
  F32: (bytes: Uint8Array) => new Float32Array(bytes.slice(0, bytes.length & ~3).buffer),
  F16: (bytes: Uint8Array) => new Uint16Array(bytes.slice(0, bytes.length & ~1).buffer),
  BF16: (bytes: Uint8Array) => new Uint16Array(bytes.slice(0, bytes.length & ~1).buffer),
  I32: (bytes: Uint8Array) => new Int32Array(bytes.slice(0, bytes.length & ~3).buffer),
  I64: (bytes: Uint8Array) => new BigInt64Array(bytes.slice(0, bytes.length & ~7).buffer),
  U8: (bytes: Uint8Array) => bytes.slice(),
  BOOL: (bytes: Uint8Array) => bytes.map((value) => value & 1),
} satisfies Record<SafeType, (bytes: Uint8Array) => SafeTensor['data']>;

/** Arbitrary bits as values, including NaNs of every kind. */
const anyTensor = fc
  .tuple(fc.constantFrom(...(Object.keys(arrays) as SafeType[])), fc.uint8Array({ maxLength: 64 }), fc.boolean())
  .map(([dtype, bytes, isFlat]) => {
    const data = arrays[dtype](bytes);
    return { dtype, shape: isFlat ? [data.length] : [1, data.length, 1], data } as SafeTensor;
  });
const anyName = fc
  .oneof(
    fc.string({ minLength: 1 }),
    fc.constantFrom('visual.conv1.weight', '__proto__', 'constructor', '10', '9', 'é', '😀'),
  )
  .filter((name) => name !== '__metadata__');
const anyTensors = fc
  .array(fc.tuple(anyName, anyTensor), { maxLength: 8 })
  .map((entries) => Object.fromEntries(entries));

function headerOf(tensors: number): Uint8Array {
  return blobOf(
    JSON.stringify(
      Object.fromEntries(
        Array.from({ length: tensors }, (_, n) => [
          `layer.${n}`,
          { dtype: 'F32', shape: [1, 0], data_offsets: [0, 0] },
        ]),
      ),
    ),
  );
}

function asBytes(data: SafeTensor['data']): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function blobOf(header: string, data = '', headerBytes = header.length): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerBytes));
  return Buffer.concat([length, Buffer.from(header), Buffer.from(data)]);
}
