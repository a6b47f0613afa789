// Goal: what a program keeps and what it rematerialises follows from the costs of both. Method: small programs of which
// one value is needed later; the kinds of the operations that are kept and done again are compared.
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { TensorFunction } from '../device.js';
import { trace } from '../trace/trace.js';
import { rematerialise } from './rematerialise.js';
import { producers } from './program.js';

const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' as const });

/** The choice to have `needed` later. It is an output of the program itself, too, unless `isForLater`. */
function choice(
  fn: TensorFunction,
  inputs: Record<string, ReturnType<typeof f32>>,
  isForLater = false,
): { keep: string[]; redo: string[] } {
  const program = trace(fn, inputs);
  const needed = program.outputs['needed']!;
  const { keep, redo } = rematerialise(isForLater ? { ...program, outputs: {} } : program, [needed]);
  const by = producers(program);
  return { keep: [...keep].map((value) => by.get(value)!.kind), redo: [...redo].map(({ kind }) => kind) };
}

describe('to keep or to rematerialise', () => {
  it('a matmul over a long inner axis is kept', () => {
    expect(choice(({ a, b }) => ({ needed: tf.matMul(a!, b!) }), { a: f32(64, 256), b: f32(256, 64) })).toEqual({
      keep: ['matMul'],
      redo: [],
    });
  });

  it('a matmul over a short inner axis is done again', () => {
    expect(choice(({ a, b }) => ({ needed: tf.matMul(a!, b!) }), { a: f32(64, 16), b: f32(16, 64) })).toEqual({
      keep: [],
      redo: ['matMul'],
    });
  });

  it('a convolution is kept, since it has as many FLOPs as a long matmul', () => {
    const convolve: TensorFunction = ({ x, filter }) => ({
      needed: tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'),
    });
    expect(choice(convolve, { x: f32(2, 16, 16, 64), filter: f32(3, 3, 64, 64) }).keep).toEqual(['conv']);
  });

  it('a cheap operation on inputs alone is done again', () => {
    expect(choice(({ x }) => ({ needed: tf.transpose(x!) }), { x: f32(64, 64) })).toEqual({
      keep: [],
      redo: ['transpose'],
    });
  });

  it('many passes over memory cost more than keeping their result', () => {
    const passes =
      (count: number): TensorFunction =>
      ({ x }) => ({ needed: Array.from({ length: count }).reduce<tf.Tensor>((y) => tf.exp(y), x!) });
    expect(choice(passes(7), { x: f32(64, 64) }).redo).toHaveLength(7);
    expect(choice(passes(9), { x: f32(64, 64) })).toEqual({ keep: ['exp'], redo: [] });
  });

  it('a value that is only needed later is computed later, however long it takes', () => {
    expect(choice(({ a, b }) => ({ needed: tf.matMul(a!, b!) }), { a: f32(64, 256), b: f32(256, 64) }, true)).toEqual({
      keep: [],
      redo: ['matMul'],
    });
  });

  it('one value is kept instead of two that are computed from it', () => {
    const both: TensorFunction = ({ a, b }) => {
      const product = tf.matMul(a!, b!);
      return { needed: tf.concat([tf.exp(product), tf.tanh(product)], 1) };
    };
    expect(choice(both, { a: f32(64, 256), b: f32(256, 64) })).toEqual({
      keep: ['matMul'],
      redo: ['exp', 'tanh', 'concat'],
    });
  });
});
