// Goal: GELU and layer norm are one operation each where nothing else uses their parts, and are left alone elsewhere.
// Method: programs are printed, and run op by op before and after fusion; both must give the same.
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { sizeOf } from '../../tensor-spec.js';
import { record } from '../../trace/trace.js';
import { interpret } from '../interpret.js';
import { print } from '../print.js';
import type { Program } from '../program.js';
import { verify } from '../verify.js';
import { mergeCommonSubexpressions } from './common-subexpressions.js';
import { removeDeadCode } from './dead-code.js';
import { fuseOperations } from './fused-operations.js';

beforeAll(() => tf.setBackend('cpu'));

const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
const specs = { x: f32(3, 4), gain: f32(4), bias: f32(4), square: f32(4, 4), dy: f32(3, 4) };
type Inputs = Readonly<Record<keyof typeof specs, tf.Tensor>>;
const recorded = (fn: (inputs: Inputs) => Record<string, tf.Tensor>): Program =>
  mergeCommonSubexpressions(removeDeadCode(record(fn, specs)));
const fused = (program: Program): Program => removeDeadCode(verify(fuseOperations(program)));
const operations = ({ nodes }: Program): string[] =>
  nodes.map(({ kind }) => kind).filter((kind) => kind !== 'constant');

function gelu(x: tf.Tensor, { inner = Math.SQRT1_2, shift = 1 } = {}): tf.Tensor {
  const u = tf.mul(x, inner);
  return tf.mul(tf.mul(u, tf.add(tf.erf(u), shift)), Math.SQRT1_2);
}

function layerNorm(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor, axis = 1): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, axis, true));
  const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centred), axis, true), 1e-5));
  return tf.add(tf.mul(tf.mul(centred, inverseDeviation), gain), bias);
}

it('fuses a layer norm and a GELU after it', async () => {
  const program = recorded(({ x, gain, bias }) => ({ y: layerNorm(gelu(gelu(layerNorm(x, gain, bias))), bias, gain) }));
  await expect(`${print(program)}\n${print(fused(program))}`).toMatchFileSnapshot(
    new URL('../../../../../../test/golden/programs/fused-operations.txt', import.meta.url).pathname,
  );
  expectSame(program, fused(program));
});

describe('leaves alone', () => {
  const cases: Readonly<Record<string, Program>> = {
    'operations whose parts the gradients need': recorded(({ x, gain, bias, dy }) => {
      const { value, grads } = tf.valueAndGrads((a, b, c) => gelu(layerNorm(a, b, c)))([x, gain, bias], dy);
      return { y: value, dx: grads[0]! };
    }),
    'a GELU with an inner value that is an output': recorded(({ x }) => ({ y: gelu(x), u: tf.mul(x, Math.SQRT1_2) })),
    'an activation with another inner factor': recorded(({ x }) => ({ y: gelu(x, { inner: 0.7 }) })),
    'an activation with another shift': recorded(({ x }) => ({ y: gelu(x, { shift: 0.9 }) })),
    'a norm over columns': recorded(({ square, gain, bias }) => ({ y: layerNorm(square, gain, bias, 0) })),
    'a norm whose gain is not a row': recorded(({ square, gain }) => ({
      y: layerNorm(square, tf.reshape(gain, [4, 1]), gain),
    })),
  };
  it.each(Object.entries(cases))('%s', (_, program) => expect(operations(fused(program))).toEqual(operations(program)));
});

function expectSame(before: Program, after: Program): void {
  const wave = (shape: number[], phase: number): tf.Tensor =>
    tf.reshape(tf.sin(tf.add(tf.mul(tf.range(0, sizeOf(shape)), 1.7), phase)), shape);
  const inputs = Object.fromEntries(Object.entries(specs).map(([name, { shape }], at) => [name, wave(shape, at)]));
  const [expected, got] = [interpret(before)(inputs), interpret(after)(inputs)];
  for (const [name, tensor] of Object.entries(expected)) {
    const [a, b] = [tensor.dataSync(), got[name]!.dataSync()];
    a.forEach((value, at) => expect(b[at], name).toBeCloseTo(value, 5));
  }
}
