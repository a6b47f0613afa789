// Goal: what is kept of a program and what is done again follows from what either costs. Method: small programs; the
// kinds of the operations that are kept and done again to have one value of each later.
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { TensorFunction } from '../device.js';
import { trace } from '../trace/trace.js';
import { rematerialise } from './rematerialise.js';
import { producers } from './program.js';

const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' as const });

/** To have `needed` later: it is an output, as is what the program is for, or else it alone. */
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

describe('to keep or to do again', () => {
  it('a long product is kept', () => {
    expect(choice(({ a, b }) => ({ needed: tf.matMul(a!, b!) }), { a: f32(64, 256), b: f32(256, 64) })).toEqual({
      keep: ['matMul'],
      redo: [],
    });
  });

  it('a product of a few values each is done again', () => {
    expect(choice(({ a, b }) => ({ needed: tf.matMul(a!, b!) }), { a: f32(64, 16), b: f32(16, 64) })).toEqual({
      keep: [],
      redo: ['matMul'],
    });
  });

  it('a convolution is kept, for the operations of a product', () => {
    const convolve: TensorFunction = ({ x, filter }) => ({
      needed: tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'),
    });
    expect(choice(convolve, { x: f32(2, 16, 16, 64), filter: f32(3, 3, 64, 64) }).keep).toEqual(['conv']);
  });

  it('what is made of inputs alone in little time is done again', () => {
    expect(choice(({ x }) => ({ needed: tf.transpose(x!) }), { x: f32(64, 64) })).toEqual({
      keep: [],
      redo: ['transpose'],
    });
  });

  it('many passes over memory are dearer than keeping what they give', () => {
    const passes =
      (count: number): TensorFunction =>
      ({ x }) => ({ needed: Array.from({ length: count }).reduce<tf.Tensor>((y) => tf.exp(y), x!) });
    expect(choice(passes(7), { x: f32(64, 64) }).redo).toHaveLength(7);
    expect(choice(passes(9), { x: f32(64, 64) })).toEqual({ keep: ['exp'], redo: [] });
  });

  it('what only later needs is done later, however long it takes', () => {
    expect(choice(({ a, b }) => ({ needed: tf.matMul(a!, b!) }), { a: f32(64, 256), b: f32(256, 64) }, true)).toEqual({
      keep: [],
      redo: ['matMul'],
    });
  });

  it('one value kept stands for two that are made of it', () => {
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
