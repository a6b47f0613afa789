// Goal: one file, in ONNX's own operators only, gives the function's results for every size that its caller chooses.
// Method: a function whose extents are combined in all the ways that a model combines them; tfjs runs the function, and
// ONNX Runtime the file.
import * as tf from '@tensorflow/tfjs';
import { ort } from '#engine/run/onnxruntime/onnxruntime.js';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExtentFunction } from '../trace/trace-named.js';
import { encodePortableModel } from './portable-model.js';

beforeAll(() => tf.setBackend('cpu'));

const width = 6;
const wave = (size: number, phase: number): Float32Array =>
  Float32Array.from({ length: size }, (_, at) => Math.sin(3 * at + phase));
const parameters = {
  positions: { shape: [7, width], data: wave(7 * width, 1) },
  table: { shape: [11, width], data: wave(11 * width, 2) },
  weight: { shape: [2 * width, width], data: wave(2 * width * width, 3) },
};

/** Causal attention with two heads. `rows` is read at the position of the highest token id. */
function attentionAt({ batch, length }: Readonly<Record<'batch' | 'length', number>>): ExtentFunction {
  return {
    fn: ({ ids, positions, table, weight }) => {
      const embedded = tf.add(
        tf.reshape(tf.gather(table!, tf.reshape(ids!, [batch * length])), [batch, length, width]),
        positions!,
      );
      const [keys, values] = tf.split(
        tf.matMul(tf.reshape(embedded, [batch * length, width]), weight!, false, true),
        2,
        1,
      );
      const heads = (x: tf.Tensor): tf.Tensor =>
        tf.transpose(tf.reshape(x, [batch, length, 2, width / 2]), [0, 2, 1, 3]);
      const columns = tf.range(0, length, 1, 'int32');
      const later = tf.mul(tf.cast(tf.greater(columns, tf.reshape(columns, [length, 1])), 'float32'), -1e9);
      // [batch, 2, length, length]
      const weights = tf.softmax(tf.add(tf.matMul(heads(keys!), heads(keys!), false, true), later));
      const mixed = tf.reshape(tf.transpose(tf.matMul(weights, heads(values!)), [0, 2, 1, 3]), [batch * length, width]);
      const ends = tf.add(tf.argMax(ids!, 1), tf.range(0, batch * length, length, 'int32'));
      return { rows: tf.add(tf.gather(mixed, ends), tf.fill([batch, 1], 2)), weights };
    },
    inputs: {
      positions: { dtype: 'float32', shape: [length, width] },
      table: { dtype: 'float32', shape: [11, width] },
      weight: { dtype: 'float32', shape: [2 * width, width] },
      ids: { dtype: 'int32', shape: [batch, length] },
    },
  };
}

describe('a portable model', () => {
  it.each([
    [1, 1],
    [1, 7],
    [3, 4],
    [8, 7],
  ])("gives the function's results for a batch of %i and a length of %i", async (batch, length) => {
    const session = await ort.InferenceSession.create(
      encodePortableModel({ extents: ['batch', 'length'], at: attentionAt, parameters }),
    );
    expect([session.inputNames, session.outputNames]).toEqual([['ids'], ['rows', 'weights']]);
    const ids = Int32Array.from({ length: batch * length }, (_, at) => (at * 7 + 3) % 11);
    const got = await session.run({ ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [batch, length]) });
    await session.release();
    const expected = attentionAt({ batch, length }).fn({
      ids: tf.tensor2d(ids, [batch, length], 'int32'),
      positions: tf.slice(tf.tensor(parameters.positions.data, [7, width]), [0, 0], [length, width]),
      table: tf.tensor(parameters.table.data, [11, width]),
      weight: tf.tensor(parameters.weight.data, [2 * width, width]),
    });
    for (const [name, tensor] of Object.entries(expected)) {
      expect(got[name]!.dims).toEqual(tensor.shape);
      const [values, wanted] = [got[name]!.data as Float32Array, await tensor.data<'float32'>()];
      expect(Math.max(...wanted.map((value, at) => Math.abs(value - values[at]!)))).toBeLessThan(1e-5);
    }
  });

  it('refuses a function in which a number other than an extent depends on the size', () => {
    const mean = ({ batch }: Readonly<Record<'batch', number>>): ExtentFunction => ({
      fn: ({ x }) => ({ y: tf.mul(x!, 1 / batch) }),
      inputs: { x: { dtype: 'float32', shape: [batch, 2] } },
    });
    expect(() => encodePortableModel({ extents: ['batch'], at: mean, parameters: {} })).toThrow(
      /for any batch came out as .* and as /,
    );
  });
});
