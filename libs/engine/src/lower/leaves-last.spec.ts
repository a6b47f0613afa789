// Goal: ONNX Runtime computes each output before it goes on to the next layer. Method: the order of kernels in its
// profile of a chain of layers, each of which has an output.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { ort } from '#engine/run/onnxruntime/onnxruntime.js';
import { expect, it } from 'vitest';
import type { TensorSpec } from '../tensor-spec.js';
import { trace } from '../trace/trace.js';
import { lower } from './lower.js';

it('ONNX Runtime computes outputs as early as it can, not after the last layer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-order-'));
  const spec: TensorSpec = { shape: [4], dtype: 'float32' };
  const chain = trace(
    ({ x }) => {
      const layers = [1, 2, 3].reduce<tf.Tensor[]>((done) => [...done, tf.tanh(done.at(-1) ?? x!)], []);
      // In the program, the output of each layer comes after the last layer, as parts of gradients do.
      const kept = layers.map((layer, index) => [`kept${index}`, tf.exp(layer)] as const);
      return { ...Object.fromEntries(kept), last: tf.neg(layers.at(-1)!) };
    },
    { x: spec },
  );
  const session = await ort.InferenceSession.create(lower(chain).onnx, {
    enableProfiling: true,
    profileFilePrefix: join(folder, 'order'),
  });
  await session.run({ 'in/x': new ort.Tensor('float32', new Float32Array(4), [4]) });
  session.endProfiling();
  const [file] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file!), 'utf8')) as {
    readonly name: string;
    readonly args?: { readonly op_name?: string };
  }[];
  const order = events.filter(({ name }) => name.endsWith('_kernel_time')).map(({ args }) => args?.op_name);
  expect(order.slice(0, 4)).toEqual(['Tanh', 'Exp', 'Tanh', 'Exp']);
  await session.release();
  await rm(folder, { recursive: true });
});
