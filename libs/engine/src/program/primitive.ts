import type { DataType } from '../tensor-spec.js';

/** How a filter moves over an image: strides of height and width; zero padding of top, left, bottom and right. */
export interface Convolution {
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
}

/**
 * Every operation a program may hold, with the type of its attributes. A tfjs kernel is traced to one or a few of these
 * operations, and each of them is lowered to one or a few ONNX operators. Elementwise operations of several operands
 * broadcast as NumPy does.
 */
export interface Attributes {
  // Without operands.
  constant: { readonly values: readonly number[] };
  fill: { readonly value: number };
  /** 0, 1, 2, … along the only axis. */
  iota: Record<never, never>;
  // Elementwise, one operand.
  neg: Record<never, never>;
  exp: Record<never, never>;
  log: Record<never, never>;
  sqrt: Record<never, never>;
  reciprocal: Record<never, never>;
  erf: Record<never, never>;
  sigmoid: Record<never, never>;
  tanh: Record<never, never>;
  abs: Record<never, never>;
  relu: Record<never, never>;
  not: Record<never, never>;
  cast: { readonly to: DataType };
  // Elementwise, two operands.
  add: Record<never, never>;
  sub: Record<never, never>;
  mul: Record<never, never>;
  div: Record<never, never>;
  pow: Record<never, never>;
  maximum: Record<never, never>;
  minimum: Record<never, never>;
  greater: Record<never, never>;
  greaterEqual: Record<never, never>;
  less: Record<never, never>;
  lessEqual: Record<never, never>;
  equal: Record<never, never>;
  and: Record<never, never>;
  or: Record<never, never>;
  /** where(condition, then, else). */
  where: Record<never, never>;
  // Over axes.
  sum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  mean: { readonly axes: readonly number[]; readonly keepDims: boolean };
  max: { readonly axes: readonly number[]; readonly keepDims: boolean };
  min: { readonly axes: readonly number[]; readonly keepDims: boolean };
  /** Index of the first maximum, int32; the axis is dropped. */
  argMax: { readonly axis: number };
  softmax: { readonly axis: number };
  // Fused: several of the above in one pass, where nothing else needs their parts.
  /** x·(1 + erf(x/√2))/2 */
  gelu: Record<never, never>;
  /**
   * layerNorm(x, gain, bias) = c/√(mean(c²) + epsilon)·gain + bias with c = x − mean(x). Means are over the last axis;
   * gain and bias have rank 1.
   */
  layerNorm: { readonly epsilon: number };
  // Matmul.
  /**
   * matMul(a, b) = scale · a·b over the last two axes; `transposeA` and `transposeB` swap those of a or b first.
   * Leading axes broadcast.
   */
  matMul: { readonly transposeA: boolean; readonly transposeB: boolean; readonly scale: number };
  // Convolutions of images [b, H, W, in] with filters [out, in, height, width].
  /** conv(x, filter): [b, H', W', out]. */
  conv: Convolution;
  /** convInputGradient(dy, filter): gradient of an image of `size` [H, W]. */
  convInputGradient: Convolution & { readonly size: readonly [number, number] };
  /** convFilterGradient(x, dy): gradient of a filter of `kernel` [height, width], summed over images and places. */
  convFilterGradient: Convolution & { readonly kernel: readonly [number, number] };
  // Shape.
  reshape: { readonly shape: readonly number[] };
  transpose: { readonly perm: readonly number[] };
  concat: { readonly axis: number };
  split: { readonly axis: number; readonly sizes: readonly number[] };
  slice: { readonly begin: readonly number[]; readonly size: readonly number[] };
  pad: { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number };
  tile: { readonly repeats: readonly number[] };
  // Indexing.
  gather: { readonly axis: number };
  /** segmentSum(x, ids): row r of the result is the sum of the rows of x whose id is r. */
  segmentSum: { readonly segments: number };
}

export type Primitive = keyof Attributes;

/** Operations that cost next to nothing: repeating them is cheaper than keeping their results. */
export const cheapPrimitives: ReadonlySet<Primitive> = new Set(['constant', 'fill', 'iota', 'reshape']);

/** Operations whose arithmetic may run in lower precision than float32. */
export const matmulsAndConvolutions: ReadonlySet<Primitive> = new Set([
  'matMul',
  'conv',
  'convInputGradient',
  'convFilterGradient',
]);
