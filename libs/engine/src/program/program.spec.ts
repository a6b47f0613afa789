// Goal: programs can be printed, and rewrites remove needless work without changing what a program computes. Method:
// printed programs are compared with texts in test/golden/programs; a cut program runs and is compared with the whole.
import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';
import type { TensorFunction } from '../device.js';
import { float32, sizeOf } from '../tensor-spec.js';
import { openOrtDevice } from '../run/onnxruntime/ort-device.js';
import { record, trace } from '../trace/trace.js';
import { cut } from './cut.js';
import { print } from './print.js';
import type { Program } from './program.js';
import { mergeCommonSubexpressions } from './rewrite/common-subexpressions.js';
import { removeDeadCode } from './rewrite/dead-code.js';
import { removeIdentities } from './rewrite/identities.js';
import { shrinkFills } from './rewrite/scalar-fills.js';
import { verify } from './verify.js';

const golden = (name: string): string =>
  new URL(`../../../../../test/golden/programs/${name}.txt`, import.meta.url).pathname;
const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
const layer = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.tanh(tf.matMul(x, w));
const layerGradients = ({ x, w, dy }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
  const [dx, dw] = tf.grads((a, b) => layer(a, b))([x!, w!], dy);
  return { y: layer(x!, w!), dx: dx!, dw: dw! };
};
const specs = { x: f32(2, 3), w: f32(3, 4), dy: f32(2, 4) };
/** Columns scaled by a gain, a matmul, x·sigmoid(x), a matmul: a small model of what a transformer block costs. */
const block = (x: tf.Tensor, gain: tf.Tensor, w: tf.Tensor, out: tf.Tensor): tf.Tensor => {
  const inner = tf.matMul(tf.mul(x, gain), w);
  return tf.matMul(tf.mul(inner, tf.sigmoid(inner)), out);
};
const blockGradients = ({ x, gain, w, out, dy }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
  const { value, grads } = tf.valueAndGrads((...args) => block(args[0]!, args[1]!, args[2]!, args[3]!))(
    [x!, gain!, w!, out!],
    dy,
  );
  return { y: value, dx: grads[0]!, dgain: grads[1]!, dw: grads[2]!, dout: grads[3]! };
};
const blockSpecs = { x: f32(8, 256), gain: f32(256), w: f32(256, 512), out: f32(512, 256), dy: f32(8, 256) };

describe('golden programs', () => {
  it('one layer and its gradient, as recorded and optimised', async () => {
    await expect(print(record(layerGradients, specs))).toMatchFileSnapshot(golden('layer-recorded'));
    await expect(print(trace(layerGradients, specs))).toMatchFileSnapshot(golden('layer'));
  });

  it('one layer and its gradient, cut where the gradient arrives', async () => {
    const { forward, backward } = cut(trace(layerGradients, { x: f32(2, 300), w: f32(300, 4), dy: f32(2, 4) }), ['dy']);
    await expect(`${print(forward)}\n${print(backward)}`).toMatchFileSnapshot(golden('layer-cut'));
  });

  it(
    'a block of matmuls with elementwise operations in between, cut: cheap operations are rematerialised ' +
      'right before their use',
    async () => {
      const { forward, backward } = cut(trace(blockGradients, blockSpecs), ['dy']);
      await expect(`${print(forward)}\n${print(backward)}`).toMatchFileSnapshot(golden('block-cut'));
    },
  );
});

describe('each rewrite', () => {
  const recorded = (fn: Parameters<typeof record>[0]): Program => record(fn, { x: f32(2, 3) });
  const lines = (program: Program): string[] => print(verify(program)).trim().split('\n').slice(1);

  it('dead code: unused results are removed', () => {
    expect(lines(removeDeadCode(recorded(({ x }) => (tf.exp(x!), { y: tf.neg(x!) }))))).toEqual([
      '%1 float32[2,3] = neg %0',
      'output y = %1',
    ]);
  });

  it('common subexpressions: the same operation on the same operands is done once', () => {
    const program = mergeCommonSubexpressions(recorded(({ x }) => ({ y: tf.add(tf.exp(x!), tf.exp(x!)) })));
    expect(lines(program)).toEqual(['%1 float32[2,3] = exp %0', '%2 float32[2,3] = add %1 %1', 'output y = %2']);
  });

  it('identities: adding zeros, multiplying by ones, reshaping to the same shape', () => {
    const program = removeDeadCode(
      removeIdentities(recorded(({ x }) => ({ y: tf.reshape(tf.mul(tf.add(x!, tf.zerosLike(x!)), 1), [2, 3]) }))),
    );
    expect(lines(program)).toEqual(['output y = %0']);
  });

  it('fills: a fill that meets a full-sized operand becomes a scalar', () => {
    const program = removeDeadCode(shrinkFills(recorded(({ x }) => ({ y: tf.mul(x!, tf.fill([2, 3], 2)) }))));
    expect(lines(program)).toEqual([
      '%1 float32[] = constant {values: [2]}',
      '%2 float32[2,3] = mul %0 %1',
      'output y = %2',
    ]);
  });

  it('verify refuses a value used before it is defined, and a wrong shape', () => {
    const program = trace(({ x }) => ({ y: tf.neg(tf.exp(x!)) }), { x: f32(2) });
    expect(() => verify({ ...program, nodes: program.nodes.toReversed() })).toThrowError(/before it is defined/);
    const wrong = { ...program.nodes[0]!, outputs: [{ id: 99, shape: [3], dtype: 'float32' as const }] };
    expect(() => verify({ ...program, nodes: [wrong as never] })).toThrowError(
      /expected float32\[2\], got float32\[3\]/,
    );
  });
});

describe('a cut program', () => {
  it('keeps no mask where it keeps the value that the mask is computed from', () => {
    const masked: TensorFunction = ({ x, w, dy }) => {
      const y = tf.matMul(x!, w!);
      const mask = tf.cast(tf.greater(y, 0.5), 'float32');
      return { y, dx: tf.mul(tf.mul(dy!, y), mask) };
    };
    const { forward, backward, stash } = cut(trace(masked, { x: f32(3, 256), w: f32(256, 4), dy: f32(3, 4) }), ['dy']);
    expect([stash.length, forward.nodes.map(({ kind }) => kind)]).toEqual([1, ['matMul']]);
    expect(new Set(backward.nodes.map(({ kind }) => kind))).toEqual(new Set(['constant', 'greater', 'cast', 'mul']));
  });
});

describe.each([1, 2])('a cut program on %i threads', (threads) => {
  const device = openOrtDevice({ kind: 'cpu', threads });
  afterAll(() => device.close());

  it('gives the same bits as the whole program, from a kept stash and from a recomputed one', async () => {
    const feeds = Object.fromEntries(
      Object.entries(blockSpecs).map(([name, { shape }]) => [name, float32(values(sizeOf(shape), name.length), shape)]),
    );
    const { dy: _, ...early } = feeds;
    const whole = await (await device.compile(blockGradients, blockSpecs)).run(feeds);
    const staged = await device.compileStaged(blockGradients, blockSpecs, ['dy']);
    const first = await staged.forward(early);
    const kept = await staged.backward(feeds, first.stash);
    await first.stash.dispose();
    const again = await staged.backward(feeds, (await staged.forward(early)).stash);
    expect({ ...first.outputs, ...kept }).toEqual(whole);
    expect(again).toEqual(kept);
    expect(staged.stashBytes).toBe(8 * 512 * 4); // the first matmul
  });
});

function values(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => Math.sin(7 * index + seed));
}
