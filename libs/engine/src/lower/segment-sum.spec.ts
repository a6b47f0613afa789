// Goal: rows of one id add up, none is lost and the order is theirs, whatever the number of threads: a text's padding
// is one token a thousand times. Method: whole numbers, of which sums in float32 are exact, and fractions on one thread
// and on four.
import * as tf from '@tensorflow/tfjs';
import type { Tensor1D } from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { openDevice } from '../run/open-device.js';
import { float32, int32 } from '../tensor-spec.js';

const [n, segments, width] = [4096, 8, 256];
const ids = int32(new Int32Array(n).fill(3), [n]);

/** Sums of rows on so many threads, as often as asked for. */
async function sums(threads: number, times: number, x: Float32Array): Promise<Float32Array[]> {
  const device = await openDevice({ kind: 'cpu', threads });
  const inputs = { x: { shape: [n, width], dtype: 'float32' }, ids: { shape: [n], dtype: 'int32' } } as const;
  const program = await device.compile(
    (given) => ({ y: tf.unsortedSegmentSum(given['x']!, given['ids'] as Tensor1D, segments) }),
    inputs,
  );
  const found: Float32Array[] = [];
  while (found.length < times)
    found.push((await program.run({ x: float32(x, [n, width]), ids }))['y']!.data as Float32Array);
  await device.close();
  return found;
}

it('no row is lost on many threads', async () => {
  const x = new Float32Array(n * width).map((_, at) => at % 7);
  const expected = new Float32Array(segments * width);
  x.forEach((value, at) => (expected[3 * width + (at % width)]! += value));
  for (const y of await sums(4, 20, x)) expect(y).toEqual(expected);
});

it('the bits are those of one thread', async () => {
  const x = new Float32Array(n * width).map((_, at) => Math.sin(at));
  const [expected] = await sums(1, 1, x);
  for (const y of await sums(4, 20, x)) expect(y).toEqual(expected);
});
