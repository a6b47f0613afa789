import {
  decodeFloat32,
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from '#store/safetensors/safetensors.js';
import { openTensorStream } from '#store/safetensors/tensor-stream.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { tinyClipConfig } from '../../support/models/tiny-clip.js';
import type { Chance } from '../chance.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateJson } from '../mutate-document.js';
import { readByEach, type Target } from '../target.js';

const specs = modelTensors(tinyClipConfig).slice(0, 6);
const mixed: Readonly<Record<string, SafeTensor>> = {
  'a.weight': { dtype: 'F32', shape: [2, 3], data: new Float32Array(6).fill(1) },
  half: { dtype: 'F16', shape: [5], data: new Uint16Array(5) },
  brain: { dtype: 'BF16', shape: [1, 1, 2], data: new Uint16Array(2) },
  whole: { dtype: 'I64', shape: [], data: new BigInt64Array(1) },
  small: { dtype: 'I32', shape: [0, 4], data: new Int32Array(0) },
  flags: { dtype: 'BOOL', shape: [3], data: new Uint8Array(3) },
};

/** Safetensors blobs, read as a whole and piece by piece, as a worker reads them. */
export const safetensors: Target = {
  cases: 1500,
  async open() {
    const seeds = [
      encodeSafetensors(mixed, { format: 'pt' }),
      encodeSafetensors({}),
      Uint8Array.from(sharedBlob(specs).bytes),
    ];
    const stream = openTensorStream(specs);
    return {
      async run(chance) {
        const bytes = damaged(chance.pick(seeds), chance, seeds);
        await readByEach([
          () => decodeSafetensors(bytes),
          () => decodeSafetensors(new Uint8Array(Buffer.concat([Buffer.alloc(1), bytes])).subarray(1)),
          () => decodeFloat32(bytes),
          () => stream.read(pieces(bytes, chance), () => Promise.resolve()),
        ]);
      },
    };
  },
};

/** A blob with changed bytes anywhere, or with changed values in its header only. */
export function damaged(blob: Uint8Array, chance: Chance, donors: readonly Uint8Array[]): Buffer {
  if (chance.oneIn(2)) return mutateBytes(blob, chance, donors);
  const bytes = Buffer.from(blob);
  const end = 8 + Number(bytes.readBigUInt64LE());
  const header = Buffer.from(mutateJson(JSON.parse(bytes.toString('utf8', 8, end)), chance));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, bytes.subarray(end)]);
}

async function* pieces(bytes: Buffer, chance: Chance): AsyncGenerator<Uint8Array> {
  const size = chance.pick([bytes.length + 1, 64, 7, 1]);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
