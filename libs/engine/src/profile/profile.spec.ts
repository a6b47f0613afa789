// Goal: a profile gives each kernel's run, place in the model and FLOPs.
// Method: a small network with two named layers is compiled in two parts, run three times and profiled by ONNX Runtime.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openOrtDevice } from '../run/onnxruntime/ort-device.js';
import { float32, sizeOf, type HostTensor, type TensorSpec } from '../tensor-spec.js';
import { breakdown, medianRun } from './breakdown.js';
import { blockOf, layerOf } from './layer.js';
import { readOrtProfile } from './ort-profile.js';
import { matmulFlops } from './matmul-flops.js';
import type { ProgramProfile } from './program-profile.js';

const f32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
const specs: Readonly<Record<string, TensorSpec>> = { x: f32(8, 256), v: f32(256, 128), w: f32(128, 2), dy: f32(8, 2) };
const layer = (name: string, x: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.tidy(name, () => tf.tanh(tf.matMul(x, w)));
const network = ({ x, v, w, dy }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
  const { value, grads } = tf.valueAndGrads((a, b) => layer('net.1', layer('net.0', x!, a), b))([v!, w!], dy);
  return { y: value, dv: grads[0]!, dw: grads[1]! };
};

let profiles: readonly ProgramProfile[];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-profile-'));
  const device = openOrtDevice({ kind: 'cpu', threads: 1, profileFolder: folder });
  const feeds: Record<string, HostTensor> = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      float32(new Float32Array(sizeOf(spec.shape)).fill(0.1), spec.shape),
    ]),
  );
  const compiled = await device.compileStaged(network, specs, ['dy']);
  for (let run = 0; run < 3; run++) {
    const { stash } = await compiled.forward(feeds);
    await compiled.backward(feeds, stash);
  }
  profiles = await device.takeProfiles();
  await device.close();
  await rm(folder, { recursive: true });
});

describe('a profile', () => {
  it('holds every run of both parts, whose kernels take no longer than the run', () => {
    expect(profiles.map(({ part, runs }) => [part, runs.length])).toEqual([
      ['forward', 3],
      ['backward', 3],
    ]);
    for (const run of profiles.flatMap(({ runs }) => runs)) {
      expect(run.kernels.length).toBeGreaterThan(0);
      expect(run.kernels.reduce((sum, { timeMs }) => sum + timeMs, 0)).toBeLessThanOrEqual(run.timeMs);
    }
  });

  it('breaks down by layer: forward and backward under one name, with the FLOPs of its matmuls', () => {
    const [forward, backward] = profiles.map(medianRun);
    const layers = breakdown({ forward: forward!, backward: backward! }, layerOf);
    const flops = layers.filter(({ name }) => name).map((share) => [share.name, share.flops]);
    // Both layers have a forward matmul and one for the weight's gradient. Only the second has one for its input's
    // gradient, since the gradient of x is not asked for.
    expect(flops).toEqual([
      ['net.0', 2 * (2 * 8 * 256 * 128)],
      ['net.1', 3 * (2 * 8 * 128 * 2)],
    ]);
    for (const { matmulMs, forwardMs, backwardMs } of layers)
      expect(matmulMs).toBeLessThanOrEqual(forwardMs + backwardMs);
  });
});

it('on a GPU a kernel has the time that the GPU took for it, found by the order of its events', () => {
  const gpu = 'WebGpuExecutionProvider';
  const node = (name: string, ts: number, provider: string) => ({
    cat: 'Node',
    name: `a.0/${name}_kernel_time`,
    ts,
    dur: 10,
    args: { op_name: name.split('.')[0], provider },
  });
  const onGpu = (name: string, ts: number, dur: number) => ({
    cat: 'Api',
    name: `a.0/${name}&Kernel`,
    ts,
    dur,
    args: {},
  });
  const run = (ts: number) => ({ cat: 'Session', name: 'model_run', ts, dur: 100, args: {} });
  const events = [
    ...[run(0), node('MatMul.0', 1, gpu), node('Cast.1', 20, 'CPUExecutionProvider')],
    ...[run(200), node('MatMul.0', 201, gpu), node('Cast.1', 220, 'CPUExecutionProvider')],
    ...[
      onGpu('MatMul.0', 5000, 9000),
      onGpu('MatMul.0', 5001, 1000),
      onGpu('MatMul.0', 5002, 2000),
      onGpu('MatMul.0', 6000, 3000),
      onGpu('MatMul.0', 6001, 4000),
    ],
  ];
  expect(
    readOrtProfile(JSON.stringify(events)).map(({ timeMs, kernels }) => [
      timeMs,
      kernels.map((kernel) => [kernel.operator, kernel.timeMs]),
    ]),
  ).toEqual([
    [
      3.01,
      [
        ['MatMul', 3],
        ['Cast', 0.01],
      ],
    ],
    [
      7.01,
      [
        ['MatMul', 7],
        ['Cast', 0.01],
      ],
    ],
  ]);
});

it('the FLOPs of a matmul or convolution follow from its shapes, transposed or batched', () => {
  expect(
    matmulFlops(
      'MatMul',
      [
        [3, 5],
        [5, 7],
      ],
      [[3, 7]],
    ),
  ).toBe(2 * 3 * 5 * 7);
  expect(
    matmulFlops(
      'FusedMatMul',
      [
        [5, 3],
        [5, 7],
      ],
      [[3, 7]],
    ),
  ).toBe(2 * 3 * 5 * 7);
  expect(
    matmulFlops(
      'FusedMatMul',
      [
        [2, 4, 3, 5],
        [2, 4, 7, 5],
      ],
      [[2, 4, 3, 7]],
    ),
  ).toBe(2 * 8 * 3 * 5 * 7);
  expect(
    matmulFlops(
      'Conv',
      [
        [2, 3, 8, 8],
        [5, 3, 3, 3],
      ],
      [[2, 5, 4, 4]],
    ),
  ).toBe(2 * (2 * 5 * 4 * 4) * (3 * 3 * 3));
  expect(
    matmulFlops(
      'ConvTranspose',
      [
        [2, 5, 4, 4],
        [5, 3, 3, 3],
      ],
      [[2, 3, 8, 8]],
    ),
  ).toBe(2 * (2 * 5 * 4 * 4) * (3 * 3 * 3));
  expect(matmulFlops('Add', [[3, 5], [5]], [[3, 5]])).toBe(0);
});

it('a layer is the innermost dotted name, forward and backward; a block is the name up to the number', () => {
  const kernel = (scope: string) => ({ operator: 'Mul', scope, provider: 'CPUExecutionProvider', timeMs: 1, flops: 0 });
  expect(
    ['forward/a.blocks.0.mlp/matMul', 'backward/a.blocks.0.mlp/matMul', 'backward/sums/add', 'forward/add', ''].map(
      (scope) => layerOf(kernel(scope)),
    ),
  ).toEqual(['a.blocks.0.mlp', 'a.blocks.0.mlp', 'sums', '', '']);
  expect(['a.blocks.0.mlp.fc', 'a.blocks.11', 'a.proj'].map(blockOf)).toEqual([
    { block: 'a.blocks.0', place: 'mlp.fc' },
    { block: 'a.blocks.11', place: '' },
    { block: 'a.proj', place: undefined },
  ]);
});
