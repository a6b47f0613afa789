// Goal: every primitive computes the same in tfjs, in ONNX Runtime, whether it is lowered for the CPU provider, for the
// WebGPU provider or for any runtime, and in kernels of our own, which NVIDIA's compiler takes as well. Interpreting a
// program leaves no tensor behind.
// Method: programs of one node run in all these ways on the same values. A primitive without a case does not compile.
import { ort } from '#engine/run/onnxruntime/onnxruntime.js';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  float32,
  int32,
  sizeOf,
  tfjsType,
  type HostTensor,
  type TensorSpec,
  type TypedArray,
} from '#engine/tensor-spec.js';
import { lower, type LoweringTarget } from '#engine/lower/lower.js';
import { writeKernels } from '#engine/kernels/write-kernels.js';
import type { GpuDriver } from '#engine/run/kernels/gpu-driver.js';
import { loadProgram } from '#engine/run/kernels/loaded-program.js';
import type { Nvrtc } from '#engine/run/kernels/nvrtc.js';
import { trace } from '#engine/trace/trace.js';
import { interpret } from '#engine/program/interpret.js';
import type { Attributes, Primitive } from '#engine/program/primitive.js';
import { buildProgram } from '#engine/program/program-builder.js';
import type { Program } from '#engine/program/program.js';
import { kernelDevices } from '../support/gpu/kernel-devices.js';
import { installedNvrtc } from '../support/gpu/nvrtc.js';

beforeAll(() => tf.setBackend('cpu'));

interface Case<P extends Primitive> {
  readonly inputs: readonly HostTensor[];
  readonly attributes: Attributes[P];
  /** The result of a primitive without operands. */
  readonly spec?: TensorSpec;
}

const wave = (shape: number[], phase = 0): HostTensor =>
  float32(
    Float32Array.from({ length: sizeOf(shape) }, (_, at) => 2 * Math.sin(3 * at + phase + 1)),
    shape,
  );
/** Small values, so that long sums of them have small rounding errors. */
const ripple = (shape: number[], phase = 0): HostTensor =>
  float32(wave(shape, phase).data.map((value) => value / 4) as Float32Array, shape);
const positive = (shape: number[]): HostTensor =>
  float32(
    Float32Array.from({ length: sizeOf(shape) }, (_, at) => 0.1 + Math.abs(Math.sin(at + 1))),
    shape,
  );
const whole = (values: number[], shape = [values.length]): HostTensor => int32(Int32Array.from(values), shape);
const truth = (values: number[]): HostTensor => ({
  dtype: 'bool',
  shape: [values.length],
  data: Uint8Array.from(values),
});

const onWave = [{ inputs: [wave([3, 4])], attributes: {} }];
const onPositive = [{ inputs: [positive([3, 4])], attributes: {} }];
const onTwo = [
  { inputs: [wave([2, 3]), wave([2, 3], 5)], attributes: {} },
  { inputs: [wave([2, 1, 3]), wave([4, 1], 5)], attributes: {} },
  { inputs: [whole([7, -2, 3]), whole([2, -2, 1])], attributes: {} },
];
const comparisons = [...onTwo, { inputs: [wave([3]), wave([3])], attributes: {} }];
const logic = [{ inputs: [truth([0, 0, 1, 1]), truth([0, 1, 0, 1])], attributes: {} }];
const reductions = [
  { inputs: [wave([2, 3, 4])], attributes: { axes: [1], keepDims: false } },
  { inputs: [wave([2, 3, 4])], attributes: { axes: [0, 2], keepDims: true } },
  { inputs: [wave([2, 3])], attributes: { axes: [0, 1], keepDims: false } },
];
const wholeReductions = [
  ...reductions,
  { inputs: [whole([3, -1, 4, 1], [2, 2])], attributes: { axes: [1], keepDims: false } },
];

/**
 * In turn: places as many as pixels; strides that skip the last row and column; strides and filter sides that differ by
 * axis, with padding on some sides only and a stride larger than the filter.
 */
const convolutions: readonly (Attributes['convInputGradient'] &
  Attributes['convFilterGradient'] & { readonly places: readonly [number, number] })[] = [
  { strides: [1, 1], pads: [1, 1, 1, 1], kernel: [3, 3], size: [5, 4], places: [5, 4] },
  { strides: [2, 2], pads: [1, 1, 1, 1], kernel: [3, 3], size: [6, 6], places: [3, 3] },
  { strides: [2, 3], pads: [0, 1, 2, 0], kernel: [3, 2], size: [5, 7], places: [3, 3] },
];

const cases: { readonly [P in Primitive]: readonly Case<P>[] } = {
  constant: [
    { inputs: [], attributes: { values: [1.5, -2, 3, 0] }, spec: { dtype: 'float32', shape: [2, 2] } },
    { inputs: [], attributes: { values: [7] }, spec: { dtype: 'int32', shape: [] } },
    { inputs: [], attributes: { values: [1, 0] }, spec: { dtype: 'bool', shape: [2] } },
  ],
  fill: [
    { inputs: [], attributes: { value: -1.5 }, spec: { dtype: 'float32', shape: [2, 3] } },
    { inputs: [], attributes: { value: 3 }, spec: { dtype: 'int32', shape: [2] } },
    { inputs: [], attributes: { value: 1 }, spec: { dtype: 'bool', shape: [2] } },
  ],
  iota: [{ inputs: [], attributes: {}, spec: { dtype: 'int32', shape: [5] } }],
  neg: onWave,
  exp: onWave,
  log: onPositive,
  sqrt: onPositive,
  reciprocal: onPositive,
  erf: onWave,
  sigmoid: onWave,
  tanh: onWave,
  abs: onWave,
  relu: onWave,
  not: [{ inputs: [truth([0, 1])], attributes: {} }],
  cast: [
    { inputs: [truth([0, 1])], attributes: { to: 'float32' } },
    { inputs: [whole([-3, 0, 2])], attributes: { to: 'float32' } },
    { inputs: [wave([6])], attributes: { to: 'int32' } },
    { inputs: [whole([0, 5])], attributes: { to: 'bool' } },
  ],
  add: onTwo,
  sub: onTwo,
  mul: onTwo,
  div: [...onTwo.slice(0, 2), { inputs: [whole([7, 4, 3]), whole([2, 2, 5])], attributes: {} }],
  pow: [{ inputs: [positive([2, 3]), wave([3])], attributes: {} }],
  maximum: onTwo,
  minimum: onTwo,
  greater: comparisons,
  greaterEqual: comparisons,
  less: comparisons,
  lessEqual: comparisons,
  equal: comparisons,
  and: logic,
  or: logic,
  where: [
    { inputs: [truth([0, 1, 1]), wave([3]), wave([3], 4)], attributes: {} },
    { inputs: [truth([0, 1, 1]), wave([2, 3]), wave([], 4)], attributes: {} },
  ],
  sum: wholeReductions,
  mean: reductions,
  max: wholeReductions,
  min: wholeReductions,
  argMax: [
    { inputs: [wave([3, 4])], attributes: { axis: 1 } },
    { inputs: [whole([1, 5, 5, 2, 9, 9], [2, 3])], attributes: { axis: 1 } },
    { inputs: [whole([1, 5, 5, 2, 9, 9], [2, 3])], attributes: { axis: 0 } },
  ],
  gelu: onWave,
  layerNorm: [{ inputs: [wave([2, 3, 5]), wave([5], 1), wave([5], 2)], attributes: { epsilon: 1e-5 } }],
  softmax: [{ inputs: [wave([2, 3, 5])], attributes: { axis: 2 } }],
  matMul: [
    { inputs: [wave([2, 3]), wave([3, 4], 1)], attributes: { transposeA: false, transposeB: false, scale: 1 } },
    { inputs: [wave([3, 2]), wave([4, 3], 1)], attributes: { transposeA: true, transposeB: true, scale: 1 } },
    {
      inputs: [wave([2, 5, 3, 4]), wave([2, 5, 3, 4], 1)],
      attributes: { transposeA: false, transposeB: true, scale: -0.5 },
    },
    { inputs: [wave([5, 3, 4]), wave([4, 2], 1)], attributes: { transposeA: false, transposeB: false, scale: 1 } },
  ],
  conv: convolutions.map(({ strides, pads, kernel, size: [height, width] }) => ({
    inputs: [ripple([2, height, width, 3]), ripple([5, 3, ...kernel], 1)],
    attributes: { strides, pads },
  })),
  convInputGradient: convolutions.map(({ kernel, places, ...attributes }) => ({
    inputs: [ripple([2, ...places, 5]), ripple([5, 3, ...kernel], 1)],
    attributes,
  })),
  convFilterGradient: convolutions.map(({ strides, pads, kernel, places, size: [height, width] }) => ({
    inputs: [ripple([2, height, width, 3]), ripple([2, ...places, 5], 1)],
    attributes: { strides, pads, kernel },
  })),
  reshape: [{ inputs: [wave([2, 6])], attributes: { shape: [3, 1, 4] } }],
  transpose: [{ inputs: [wave([2, 3, 4])], attributes: { perm: [2, 0, 1] } }],
  concat: [{ inputs: [wave([2, 3]), wave([2, 1]), wave([2, 2], 2)], attributes: { axis: 1 } }],
  split: [{ inputs: [wave([2, 6])], attributes: { axis: 1, sizes: [1, 3, 2] } }],
  slice: [{ inputs: [wave([4, 5])], attributes: { begin: [1, 2], size: [2, 3] } }],
  pad: [{ inputs: [wave([2, 3])], attributes: { before: [1, 0], after: [0, 2], value: 7 } }],
  tile: [{ inputs: [wave([2, 3])], attributes: { repeats: [2, 3] } }],
  gather: [
    { inputs: [wave([4, 3]), whole([2, 0, 2, 3], [2, 2])], attributes: { axis: 0 } },
    { inputs: [wave([4, 3]), whole([2, 0])], attributes: { axis: 1 } },
  ],
  segmentSum: [{ inputs: [wave([5, 2]), whole([3, 0, 3, 1, 3])], attributes: { segments: 4 } }],
};

describe.each(['cpu', 'webgpu', 'portable'] as const)(
  'every primitive computes the same in tfjs and in ONNX Runtime, lowered for %s',
  (target) => {
    it.each(Object.entries(cases))('%s', async (kind, variants) => {
      for (const variant of variants) {
        const { program, feeds } = oneNode(kind as Primitive, variant);
        expectSame(runOnTfjs(program, feeds), await runInOnnxRuntime(program, feeds, target));
      }
    });
  },
);

for (const { kind: device, open, missing } of kernelDevices)
  describe.skipIf(missing !== undefined)(
    `every primitive computes the same in tfjs and in kernels on ${device}${missing ? `: ${missing}` : ''}`,
    () => {
      let driver: GpuDriver;
      beforeAll(() => void (driver = open()));
      afterAll(() => driver?.close());

      it.each(Object.entries(cases))('%s', (kind, variants) => {
        for (const variant of variants) {
          const { program, feeds } = oneNode(kind as Primitive, variant);
          expectSame(runOnTfjs(program, feeds), runInKernels(driver, program, feeds));
        }
      });
    },
  );

const nvrtc = installedNvrtc();
describe.skipIf('missing' in nvrtc)(
  `the kernels of every primitive compile for NVIDIA GPUs${'missing' in nvrtc ? `: ${nvrtc.missing}` : ''}`,
  () => {
    it.each([80, 90])(
      'sm_%i',
      (architecture) => {
        for (const [kind, variants] of Object.entries(cases)) {
          for (const variant of variants) {
            const { launches, source } = writeKernels(oneNode(kind as Primitive, variant).program);
            if (launches.length > 0) expectKernels(nvrtc as Nvrtc, source, architecture);
          }
        }
      },
      120_000,
    );
  },
);

/** The compiled code is a program for a GPU, in ELF, and names each kernel. */
function expectKernels({ compile }: Nvrtc, source: string, architecture: number): void {
  const code = Buffer.from(compile(source, architecture));
  expect(code.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
  const names = [...source.matchAll(/^KERNEL void (\w+)/gm)].map(([, name]) => name!);
  expect(names.filter((name) => !code.includes(name))).toEqual([]);
}

function expectSame(got: Readonly<Record<string, HostTensor>>, expected: Readonly<Record<string, HostTensor>>): void {
  expect(Object.keys(got).length).toBe(Object.keys(expected).length);
  for (const [name, { data, shape, dtype }] of Object.entries(expected)) {
    expect({ shape: got[name]!.shape, dtype: got[name]!.dtype }).toEqual({ shape, dtype });
    expect(Math.max(0, ...data.map((value, at) => Math.abs(value - got[name]!.data[at]!)))).toBeLessThan(3e-6);
  }
}

it('an interpreted program leaves no tensor behind but its outputs, one for each name', () => {
  const program = trace(
    ({ x, w }) => {
      const [left] = tf.split(tf.matMul(x!, w!), 2, 1);
      return { y: tf.tanh(left!), same: x!, again: x! };
    },
    { x: { dtype: 'float32', shape: [2, 3] }, w: { dtype: 'float32', shape: [3, 4] } },
  );
  const inputs = { x: tf.ones([2, 3]), w: tf.ones([3, 4]) };
  const before = tf.memory().numTensors;
  const outputs = interpret(program)(inputs);
  expect(tf.memory().numTensors).toBe(before + 3);
  tf.dispose(inputs);
  expect(outputs['again']!.dataSync()).toEqual(new Float32Array(6).fill(1));
  tf.dispose(outputs);
  expect(tf.memory().numTensors).toBe(before - 2);
});

function oneNode(kind: Primitive, { inputs, attributes, spec }: Case<Primitive>): { program: Program; feeds: Feeds } {
  const builder = buildProgram(() => kind);
  const operands = inputs.map((input, at) => builder.input(String(at), input));
  const results = spec
    ? [builder.emit(kind, operands, attributes, spec)]
    : builder.emitMany(kind, operands, attributes);
  return {
    program: builder.finish(Object.fromEntries(results.map((value, at) => [`result ${at}`, value]))),
    feeds: Object.fromEntries(inputs.map((input, at) => [String(at), input])),
  };
}

type Feeds = Readonly<Record<string, HostTensor>>;

function runInKernels(driver: GpuDriver, program: Program, feeds: Feeds): Record<string, HostTensor> {
  const loaded = loadProgram(driver, writeKernels(program), program);
  const data = Object.entries(feeds).map(([name, tensor]): [string, TypedArray] => [name, tensor.data]);
  const results = loaded.run(Object.fromEntries(data), {});
  loaded.release();
  return Object.fromEntries(
    Object.entries(program.outputs).map(([name, { shape, dtype }]) => [name, { shape, dtype, data: results[name]! }]),
  );
}

async function runInOnnxRuntime(
  program: Program,
  feeds: Feeds,
  target: LoweringTarget,
): Promise<Record<string, HostTensor>> {
  const session = await ort.InferenceSession.create(lower(program, target).onnx, { logSeverityLevel: 3 });
  const tensors = Object.entries(feeds).map(
    ([name, { dtype, data, shape }]) =>
      [`in/${name}`, new ort.Tensor(dtype as 'float32', data as Float32Array, shape)] as const,
  );
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  return Object.fromEntries(
    Object.entries(program.outputs).map(([name, { shape, dtype }]) => [
      name,
      { shape, dtype, data: results[`out/${name}`]!.data as TypedArray },
    ]),
  );
}

function runOnTfjs(program: Program, feeds: Feeds): Record<string, HostTensor> {
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { data, shape, dtype }]) => [name, tf.tensor(data, [...shape], tfjsType(dtype))]),
  );
  const results = interpret(program)(inputs);
  const host = Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [
      name,
      { shape: tensor.shape, dtype: tensor.dtype as 'float32', data: tensor.dataSync<'float32'>() },
    ]),
  );
  tf.dispose([inputs, results]);
  return host;
}
