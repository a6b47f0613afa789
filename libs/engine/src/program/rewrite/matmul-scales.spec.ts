// Goal: multiplying the operands or results of matmuls by numbers takes no extra pass over memory, and folding changes
// what a program computes only by rounding. Method: programs are printed, and run op by op before and after folding.
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
import { foldScales } from './matmul-scales.js';

beforeAll(() => tf.setBackend('cpu'));

const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
const specs = { x: f32(3, 4), w: f32(5, 4), v: f32(5, 2), bias: f32(5), dy: f32(3, 2) };
type Inputs = Readonly<Record<keyof typeof specs, tf.Tensor>>;
const recorded = (fn: (inputs: Inputs) => Record<string, tf.Tensor>): Program =>
  mergeCommonSubexpressions(removeDeadCode(record(fn, specs)));
const folded = (program: Program): Program => removeDeadCode(mergeCommonSubexpressions(verify(foldScales(program))));
const operations = ({ nodes }: Program): string[] =>
  nodes
    .filter(({ kind }) => kind !== 'constant')
    .map(({ kind, attributes }) => ('scale' in attributes ? `${kind} ${attributes.scale.toFixed(3)}` : kind));

describe('a multiplication by a number is folded', () => {
  it('into the matmuls that use its result, and moved behind sums and changes of shape', () => {
    const program = recorded(({ x, w }) => {
      const scaled = tf.mul(x, 0.5);
      return {
        y: tf.matMul(tf.transpose(scaled), tf.mul(scaled, 3)),
        z: tf.matMul(scaled, w, false, true),
        sum: tf.sum(scaled, 0),
      };
    });
    expect(operations(program)).toEqual(['mul', 'transpose', 'mul', 'matMul 1.000', 'matMul 1.000', 'sum']);
    expect(operations(folded(program))).toEqual(['transpose', 'matMul 0.750', 'matMul 0.500', 'sum', 'mul']);
    expectSame(program, folded(program));
  });

  it('into the matmul whose result it scales, also after an added bias', () => {
    const program = recorded(({ x, w, bias }) => ({
      y: tf.exp(tf.mul(tf.add(tf.matMul(x, w, false, true), bias), 0.5)),
    }));
    expect(print(folded(program)).split('\n').slice(5, -2)).toEqual([
      '%5 float32[3,5] = matMul %0 %1 {transposeB, scale: 0.5}',
      '%6 float32[] = constant {values: [0.5]}',
      '%7 float32[5] = mul %3 %6',
      '%8 float32[3,5] = add %5 %7',
      '%9 float32[3,5] = exp %8',
    ]);
    expectSame(program, folded(program));
  });

  it('nowhere if something else needs the value, scaled or unscaled, or if the factor is a tensor', () => {
    const bySomethingElse = recorded(({ x, w }) => ({
      y: tf.matMul(tf.mul(x, 0.5), w, false, true),
      z: tf.exp(tf.mul(x, 0.5)),
    }));
    const productElsewhere = recorded(({ x, w }) => {
      const product = tf.matMul(x, w, false, true);
      return { y: tf.exp(tf.mul(product, 0.5)), z: product };
    });
    const byATensor = recorded(({ x, w, v, bias }) => ({
      y: tf.matMul(tf.mul(tf.matMul(x, w, false, true), bias), v),
    }));
    for (const program of [bySomethingElse, productElsewhere, byATensor])
      expect(print(folded(program))).toBe(print(program));
  });
});

it('no large value is scaled any more in two layers with factors between them, and in their gradients', async () => {
  const layers = (x: tf.Tensor, w: tf.Tensor, bias: tf.Tensor, v: tf.Tensor): tf.Tensor => {
    const u = tf.mul(tf.add(tf.matMul(x, w, false, true), bias), Math.SQRT1_2);
    return tf.matMul(tf.mul(tf.mul(u, tf.sigmoid(u)), Math.SQRT2), v);
  };
  const program = recorded(({ x, w, v, bias, dy }) => {
    const { value, grads } = tf.valueAndGrads((a, b, c, d) => layers(a, b, c, d))([x, w, bias, v], dy);
    return { y: value, dx: grads[0]!, dw: grads[1]!, dBias: grads[2]!, dv: grads[3]! };
  });
  await expect(print(folded(program))).toMatchFileSnapshot(
    new URL('../../../../../../test/golden/programs/matmul-scales.txt', import.meta.url).pathname,
  );
  expectSame(program, folded(program));
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
