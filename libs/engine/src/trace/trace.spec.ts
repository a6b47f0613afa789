// Goal: a traced program computes what the tfjs function computes, gradients included, and errors say what cannot be
// traced. Method: functions that use the engine's kernels run twice on the same numbers: in tfjs on its CPU backend,
// and compiled.
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Specs, TensorFunction } from '../device.js';
import { openOrtDevice } from '../run/onnxruntime/ort-device.js';
import { sizeOf, tfjsType, type HostTensor } from '../tensor-spec.js';
import { trace } from './trace.js';

const device = openOrtDevice({ kind: 'cpu', threads: 1 });
beforeAll(() => tf.setBackend('cpu'));
afterAll(() => device.close());

const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
const i32 = (...shape: number[]) => ({ shape, dtype: 'int32' as const });

function numbers(specs: Specs): Record<string, HostTensor> {
  let state = 12345;
  const next = (): number => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const values = Array.from({ length: sizeOf(spec.shape) }, () =>
        spec.dtype === 'int32' ? Math.floor(next() * 4) : next() * 2 - 1,
      );
      return [name, { ...spec, data: spec.dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values) }];
    }),
  );
}

/** Run the function itself, untraced. */
function runEagerly(fn: TensorFunction, feeds: Readonly<Record<string, HostTensor>>): Record<string, tf.Tensor> {
  return fn(
    Object.fromEntries(
      Object.entries(feeds).map(([name, { data, shape, dtype }]) => [
        name,
        tf.tensor(data.slice(), [...shape], tfjsType(dtype)),
      ]),
    ),
  );
}

async function expectSame(fn: TensorFunction, specs: Specs): Promise<void> {
  const feeds = numbers(specs);
  const expected = runEagerly(fn, feeds);
  const got = await (await device.compile(fn, specs)).run(feeds);
  expect(Object.keys(got)).toEqual(Object.keys(expected));
  for (const [name, tensor] of Object.entries(expected)) {
    const { shape } = tensor;
    const data = tensor.dataSync();
    expect(got[name]!.shape, name).toEqual(shape);
    got[name]!.data.forEach((value, index) =>
      expect(Math.abs(value - data[index]!), `${name}[${index}]`).toBeLessThanOrEqual(
        1e-5 * Math.max(1, Math.abs(data[index]!)),
      ),
    );
  }
}

const positive = (x: tf.Tensor): tf.Tensor => tf.add(tf.square(x), 0.5);
const cases: Record<string, [TensorFunction, Specs]> = {
  'add, sub, mul, div with broadcasting': [
    ({ a, b }) => ({ y: tf.div(tf.mul(tf.sub(tf.add(a!, b!), 2), a!), positive(b!)) }),
    { a: f32(2, 3), b: f32(3) },
  ],
  'exp, log, sqrt, rsqrt, reciprocal, erf, sigmoid, tanh, neg, abs': [
    ({ x }) => {
      const p = positive(x!);
      return {
        y: tf.addN([
          tf.exp(x!),
          tf.log(p),
          tf.sqrt(p),
          tf.rsqrt(p),
          tf.reciprocal(p),
          tf.erf(x!),
          tf.sigmoid(x!),
          tf.tanh(x!),
          tf.neg(x!),
          tf.abs(x!),
        ]),
      };
    },
    { x: f32(3, 4) },
  ],
  'comparisons, where, logical and cast': [
    ({ a, b }) => ({
      y: tf.where(tf.logicalAnd(tf.greater(a!, b!), tf.lessEqual(a!, 0.5)), a!, tf.cast(tf.equal(a!, b!), 'float32')),
      z: tf.maximum(tf.minimum(a!, b!), 0),
    }),
    { a: f32(4, 4), b: f32(4, 4) },
  ],
  'reductions over one, several and negative axes': [
    ({ x }) => ({
      a: tf.sum(x!, 1),
      b: tf.mean(x!, [0, 2], true),
      c: tf.max(x!, -1),
      d: tf.min(x!),
      e: tf.argMax(x!, -1),
    }),
    { x: f32(2, 3, 4) },
  ],
  'softmax and log-sum-exp': [({ x }) => ({ y: tf.softmax(x!), z: tf.logSumExp(x!, -1) }), { x: f32(3, 5) }],
  'matmuls, transposed and batched': [
    ({ a, b, c }) => ({ p: tf.matMul(a!, b!), q: tf.matMul(a!, b!, true, true), r: tf.matMul(c!, c!, false, true) }),
    { a: f32(3, 3), b: f32(3, 3), c: f32(2, 4, 3, 5) },
  ],
  'reshape, transpose, concat, split, slice, pad, tile, expand': [
    ({ x }) => {
      const [a, b] = tf.split(x!, [1, 3], 1);
      return {
        a: tf.transpose(tf.reshape(x!, [2, -1, 2]), [2, 0, 1]),
        b: tf.concat([b!, a!, x!], -1),
        c: tf.pad(
          tf.slice(x!, [0, 1], [1, 2]),
          [
            [1, 0],
            [0, 2],
          ],
          7,
        ),
        d: tf.tile(tf.expandDims(x!, -1), [2, 1, 3]),
      };
    },
    { x: f32(2, 4) },
  ],
  'convolutions with strides and padding, 1×1 convolutions, average pooling': [
    ({ x, w, v }) => {
      const image = tf.reshape<tf.Rank.R4>(x!, [2, 6, 4, 3]);
      const [filter, pixel] = [tf.reshape<tf.Rank.R4>(w!, [3, 2, 3, 4]), tf.reshape<tf.Rank.R4>(v!, [1, 1, 3, 5])];
      return {
        a: tf.conv2d(image, filter, 1, 'same'),
        b: tf.conv2d(
          image,
          filter,
          [2, 1],
          [
            [0, 0],
            [0, 1],
            [1, 0],
            [0, 0],
          ],
        ),
        c: tf.conv2d(image, pixel, 1, 'valid'),
        d: tf.conv2d(image, pixel, 2, 'valid'),
        e: tf.avgPool(image, 2, 2, 'valid'),
      };
    },
    { x: f32(144), w: f32(72), v: f32(15) },
  ],
  'gather, ranges and fills': [
    ({ x, ids }) => ({
      y: tf.gather(x!, ids!),
      z: tf.add(tf.range(1, 9, 2), tf.fill([4], 3)),
      r: tf.add(tf.range(0, 3, 1, 'int32'), ids!),
    }),
    { x: f32(4, 2), ids: i32(3) },
  ],
};

describe('a traced program computes what the function computes', () => {
  for (const [name, [fn, specs]] of Object.entries(cases)) it(name, () => expectSame(fn, specs));

  it('gradients of every operation in a small network', async () => {
    const network = (x: tf.Tensor, table: tf.Tensor, w: tf.Tensor, ids: tf.Tensor): tf.Tensor => {
      const rows = tf.gather(table, ids.as1D<tf.Tensor1D>());
      const [left, right] = tf.split(tf.matMul(tf.add(x, rows), w), 2, -1);
      const attention = tf.softmax(tf.matMul(left!, right!, false, true));
      const mixed = tf.concat([tf.matMul(attention, left!), tf.slice(x, [0, 0], [3, 1])], 1);
      const normal = tf.mul(
        tf.sub(mixed, tf.mean(mixed, -1, true)),
        tf.rsqrt(tf.add(tf.mean(tf.square(mixed), -1, true), 1e-5)),
      );
      return tf.sum(tf.mul(tf.erf(normal), tf.sigmoid(tf.mul(normal, 1.702))));
    };
    const specs = { x: f32(3, 4), table: f32(5, 4), w: f32(4, 6), ids: i32(3) };
    await expectSame(({ x, table, w, ids }) => {
      const [dx, dtable, dw] = tf.grads((a, b, c) => network(a, b, c, ids!))([x!, table!, w!]);
      return { dx: dx!, dtable: dtable!, dw: dw! };
    }, specs);
  });

  it('gradients of convolutions and average pooling', async () => {
    const network = (x: tf.Tensor, w: tf.Tensor, v: tf.Tensor, u: tf.Tensor): tf.Tensor => {
      const stepped = tf.relu(
        tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ]),
      ); // [2, 4, 4, 4]
      const mixed = tf.relu(tf.conv2d(stepped, v as tf.Tensor4D, 1, 'valid')); // [2, 4, 4, 5]
      const whole = tf.conv2d(tf.avgPool(mixed, 2, 2, 'valid'), u as tf.Tensor4D, 1, 'same'); // [2, 2, 2, 3]
      return tf.square(whole);
    };
    await expectSame(
      ({ x, w, v, u }) => {
        const [dx, dw, dv, du] = tf.grads(network)([x!, w!, v!, u!]);
        return { dx: dx!, dw: dw!, dv: dv!, du: du! };
      },
      { x: f32(2, 8, 8, 3), w: f32(3, 3, 3, 4), v: f32(1, 1, 4, 5), u: f32(3, 3, 5, 3) },
    );
  });
});

it('every operation carries its scope; a gradient carries the scope of the operation it is for', () => {
  const layer = (name: string, x: tf.Tensor): tf.Tensor =>
    tf.tidy(name, () => tf.tidy(`${name}.inner`, () => tf.exp(x)));
  const negative = tf.customGrad((a) => ({ value: tf.neg(a as tf.Tensor), gradFunc: (dy) => tf.neg(dy) }));
  const network = (a: tf.Tensor): tf.Tensor => {
    const added = tf.add(layer('block.1', layer('block.0', a)), a);
    return tf.tidy('last', () => negative(added));
  };
  const program = trace(({ x, dy }) => ({ dx: tf.grad(network)(x!, dy) }), { x: f32(3), dy: f32(3) });
  expect(program.nodes.map(({ kind, scope }) => `${kind} ${scope}`)).toEqual([
    'exp forward/block.0.inner/exp',
    'exp forward/block.1.inner/exp',
    'neg backward/last/gradient',
    'mul backward/block.1.inner/exp',
    'mul backward/block.0.inner/exp',
    'add backward/block.0.inner/exp',
  ]);
});

describe('errors name what cannot be traced', () => {
  it('an unknown kernel: its name, its shapes and where it was called', () => {
    expect(() =>
      trace(({ x }) => ({ y: tf.tidy('tower/rounding', () => tf.round(x!)) }), { x: f32(2, 3) }),
    ).toThrowError(/kernel 'Round' \(float32\[2,3\]\)[\s\S]*tower\/rounding[\s\S]*trace\.spec/);
  });

  it('convolutions and pooling that the engine does not know', () => {
    const image = ({ x }: Readonly<Record<string, tf.Tensor>>): tf.Tensor4D => x as tf.Tensor4D;
    const filter = (): tf.Tensor4D => tf.ones([3, 3, 2, 2]);
    expect(() =>
      trace((inputs) => ({ y: tf.conv2d(image(inputs), filter(), 1, 'valid', 'NHWC', 2) }), { x: f32(1, 8, 8, 2) }),
    ).toThrowError(/without dilation/);
    expect(() =>
      trace((inputs) => ({ y: tf.avgPool(image(inputs), 3, 2, 'same') }), { x: f32(1, 8, 8, 2) }),
    ).toThrowError(/squares that lie side by side/);
  });

  it('a large literal, a number read while tracing', () => {
    expect(() =>
      trace(({ x }) => ({ y: tf.add(x!, tf.tensor1d(new Float32Array(2000))) }), { x: f32(2000) }),
    ).toThrowError(/literal of 2000 values/);
    expect(() => trace(({ x }) => ({ y: tf.add(x!, x!.dataSync()[0]!) }), { x: f32(3) })).toThrowError(
      /reads the numbers/,
    );
  });

  it('tracing leaves tfjs as it was: the backend and the number of tensors', () => {
    const before = { backend: tf.getBackend(), tensors: tf.memory().numTensors };
    trace(({ x }) => ({ y: tf.exp(x!) }), { x: f32(3) });
    expect({ backend: tf.getBackend(), tensors: tf.memory().numTensors }).toEqual(before);
  });
});
