// Goal: with any number of threads, all rows of one id are added, none is lost, and their order is kept. Padding, for
// example, is one token a thousand times. Method: whole numbers, whose sums are exact in float32, and fractions, on one
// thread and on four.
import * as tf from '@tensorflow/tfjs';
import type { Tensor1D } from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { openDevice } from '../run/open-device.js';
import { float32, int32 } from '../tensor-spec.js';

const [n, segments, width] = [4096, 8, 256];
const ids = int32(new Int32Array(n).fill(3), [n]);

/** The segment sums of `x`, computed `times` times on `threads` threads. */
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

it('a segment sum loses no row on many threads', async () => {
  const x = new Float32Array(n * width).map((_, at) => at % 7);
  const expected = new Float32Array(segments * width);
  x.forEach((value, at) => (expected[3 * width + (at % width)]! += value));
  for (const y of await sums(4, 20, x)) expect(y).toEqual(expected);
});

it('a segment sum on four threads has the bits of one thread', async () => {
  const x = new Float32Array(n * width).map((_, at) => Math.sin(at));
  const [expected] = await sums(1, 1, x);
  for (const y of await sums(4, 20, x)) expect(y).toEqual(expected);
});
