import { describe, expect, it } from 'vitest';
import { narrowBfloat16 } from '#kernel/half-precision.js';
import { decodeSafetensors } from './safetensors.js';
import { sharedBlob } from './shared-blob.js';
import { openTensorStream } from './tensor-stream.js';

const specs = [
  { name: 'tower.weight', shape: [5, 3] },
  { name: 'bias', shape: [7] },
  { name: 'logit_scale', shape: [] },
];
const blob = sharedBlob(specs);
for (const [index, values] of Object.values(blob.values).entries())
  values.forEach((_, at) => (values[at] = index + at / 8));

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncIterable<Uint8Array> {
  const piece = new Uint8Array(pieceBytes);
  for (let start = 0; start < bytes.byteLength; start += pieceBytes) {
    const some = bytes.subarray(start, start + pieceBytes);
    piece.set(some);
    yield piece.subarray(0, some.byteLength);
  }
}

describe('a stream of tensors', () => {
  it.each([1, 7, 64, 10_000])('reads the tensors of a blob in pieces of %d bytes', async (pieceBytes) => {
    const taken: Record<string, Float32Array> = {};
    await openTensorStream(specs).read(
      inPieces(blob.bytes, pieceBytes),
      async (name, values) => void (taken[name] = values.slice()),
    );
    expect(taken).toEqual(
      Object.fromEntries(Object.entries(blob.values).map(([name, values]) => [name, values.slice()])),
    );
  });

  it('small tensors go through memory together, a large one alone', async () => {
    const large = sharedBlob([...specs.slice(0, 2), { name: 'large', shape: [300_000] }, specs[2]!]);
    for (const values of Object.values(large.values)) values.forEach((_, at) => (values[at] = at % 251));
    const stream = openTensorStream([...specs.slice(0, 2), { name: 'large', shape: [300_000] }, specs[2]!]);
    const taken: Record<string, Float32Array> = {};
    let [begun, most] = [0, 0];
    await stream.read(inPieces(large.bytes, 2 ** 16), async (name, values) => {
      most = Math.max(most, ++begun);
      await Promise.resolve();
      taken[name] = values.slice();
      begun -= 1;
    });
    expect(most).toBe(3);
    for (const [name, values] of Object.entries(large.values)) expect(taken[name]).toEqual(values.slice());
    const bytes: Uint8Array[] = [];
    for await (const piece of stream.write(async (name, into) => into.set(large.values[name]!))())
      bytes.push(piece.slice());
    expect(Buffer.compare(Buffer.concat(bytes), large.bytes)).toBe(0);
  });

  it('writes the same blob as sharedBlob, as often as requested', async () => {
    const pieces = openTensorStream(specs).write(async (name, into) => into.set(blob.values[name]!));
    for (let time = 0; time < 2; time++) {
      const bytes: Uint8Array[] = [];
      for await (const piece of pieces()) bytes.push(piece.slice());
      expect(Buffer.compare(Buffer.concat(bytes), blob.bytes)).toBe(0);
    }
  });

  it('writes the tensors that are named as narrow in bfloat16, and takes half the bytes for them', async () => {
    const pieces = openTensorStream(specs).write(
      async (name, into) => into.set(blob.values[name]!.map((value) => value + 1e-3)),
      (name) => name !== 'bias',
    );
    const bytes: Uint8Array[] = [];
    for await (const piece of pieces()) bytes.push(piece.slice());
    const { tensors } = decodeSafetensors(Buffer.concat(bytes));
    for (const [name, values] of Object.entries(blob.values)) {
      const given = values.map((value) => value + 1e-3);
      const expected = name === 'bias' ? given : narrowBfloat16(given);
      expect(tensors[name]).toMatchObject({ dtype: name === 'bias' ? 'F32' : 'BF16', data: expected });
    }
  });

  it('refuses a blob of other tensors, one cut short and one too long, and closes its source', async () => {
    const longer = new Uint8Array(blob.bytes.byteLength + 1);
    longer.set(blob.bytes);
    const refused = [
      [sharedBlob([{ name: 'other', shape: [100] }]).bytes, /expected 3 float32 tensors/],
      [blob.bytes.subarray(0, -2), /ends 2 bytes before/],
      [longer, /bytes follow/],
    ] as const;
    for (const [bytes, message] of refused) {
      let closed = false;
      const source = async function* (): AsyncIterable<Uint8Array> {
        try {
          yield* inPieces(bytes, 4);
        } finally {
          closed = true;
        }
      };
      const reading = openTensorStream(specs).read(source(), async () => undefined);
      await expect(reading).rejects.toMatchObject({
        code: 'DATA_INVALID',
        message: expect.stringMatching(message) as string,
      });
      expect(closed).toBe(true);
    }
  });
});
