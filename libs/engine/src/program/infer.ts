import { printSpec, sizeOf, type DataType, type TensorSpec } from '../tensor-spec.js';
import type { Attributes, Primitive } from './primitive.js';

/**
 * Infer the specs of an operation's results from its inputs and attributes. Throws if the inputs do not fit together.
 * Also throws for `constant`, `fill` and `iota`: they have no inputs, so whoever emits them gives their spec.
 */
export function infer<P extends Primitive>(
  kind: P,
  inputs: readonly TensorSpec[],
  attributes: Attributes[P],
): TensorSpec[] {
  return rules[kind](inputs, attributes);
}

type Rule<P extends Primitive> = (inputs: readonly TensorSpec[], attributes: Attributes[P]) => TensorSpec[];

type PlainRule = (inputs: readonly TensorSpec[]) => TensorSpec[];

const same: PlainRule = ([x]) => [x!];
const arithmetic: PlainRule = ([a, b]) => [{ shape: broadcastShape(a!.shape, b!.shape), dtype: sameType(a!, b!) }];
const comparison: PlainRule = ([a, b]) => [
  { shape: broadcastShape(a!.shape, b!.shape), dtype: (sameType(a!, b!), 'bool') },
];
const given: PlainRule = () => {
  throw new Error('internal: a value made out of nothing needs its spec given');
};
const reduction = ([x]: readonly TensorSpec[], { axes, keepDims }: Attributes['sum']): TensorSpec[] => {
  const shape = keepDims
    ? x!.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : x!.shape.filter((_, axis) => !axes.includes(axis));
  return [{ shape, dtype: x!.dtype }];
};

const rules: { readonly [P in Primitive]: Rule<P> } = {
  constant: given,
  fill: given,
  iota: given,
  neg: same,
  exp: same,
  log: same,
  sqrt: same,
  reciprocal: same,
  erf: same,
  sigmoid: same,
  tanh: same,
  abs: same,
  relu: same,
  not: same,
  cast: ([x], { to }) => [{ shape: x!.shape, dtype: to }],
  add: arithmetic,
  sub: arithmetic,
  mul: arithmetic,
  div: arithmetic,
  pow: arithmetic,
  maximum: arithmetic,
  minimum: arithmetic,
  greater: comparison,
  greaterEqual: comparison,
  less: comparison,
  lessEqual: comparison,
  equal: comparison,
  and: arithmetic,
  or: arithmetic,
  where: ([condition, a, b]) => [
    { shape: broadcastShape(condition!.shape, broadcastShape(a!.shape, b!.shape)), dtype: sameType(a!, b!) },
  ],
  sum: reduction,
  mean: reduction,
  max: reduction,
  min: reduction,
  argMax: ([x], { axis }) => [{ shape: x!.shape.filter((_, at) => at !== axis), dtype: 'int32' }],
  softmax: same,
  gelu: same,
  layerNorm: same,
  matMul: ([a, b], { transposeA, transposeB }) => {
    const [rows, inner] = lastTwo(a!, transposeA);
    const [innerOfB, columns] = lastTwo(b!, transposeB);
    if (inner !== innerOfB)
      throw new Error(`matMul: expected equal inner extents, got ${printSpec(a!)} and ${printSpec(b!)}`);
    return [
      {
        shape: [...broadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), rows, columns],
        dtype: sameType(a!, b!),
      },
    ];
  },
  conv: ([x, filter], { strides, pads: [top, left, bottom, right] }) => {
    const [batch, height, width, channels] = x!.shape as [number, number, number, number];
    const [out, from, ...kernel] = filter!.shape as [number, number, number, number];
    if (channels !== from)
      throw new Error(
        `conv: expected images and filter of equally many channels, got ${printSpec(x!)} and ${printSpec(filter!)}`,
      );
    const padded = [height + top + bottom, width + left + right];
    const places = padded.map((extent, axis) => Math.floor((extent - kernel[axis]!) / strides[axis]!) + 1);
    return [{ shape: [batch, ...places, out], dtype: sameType(x!, filter!) }];
  },
  convInputGradient: ([dy, filter], { size }) => [
    { shape: [dy!.shape[0]!, ...size, filter!.shape[1]!], dtype: sameType(dy!, filter!) },
  ],
  convFilterGradient: ([x, dy], { kernel }) => [
    { shape: [dy!.shape[3]!, x!.shape[3]!, ...kernel], dtype: sameType(x!, dy!) },
  ],
  reshape: ([x], { shape }) => {
    if (sizeOf(shape) !== sizeOf(x!.shape))
      throw new Error(`reshape: expected ${sizeOf(x!.shape)} values, got shape [${shape.join(',')}]`);
    return [{ shape, dtype: x!.dtype }];
  },
  transpose: ([x], { perm }) => [{ shape: perm.map((axis) => x!.shape[axis]!), dtype: x!.dtype }],
  concat: (parts, { axis }) => {
    const extent = parts.reduce((total, part) => total + part.shape[axis]!, 0);
    return [{ shape: parts[0]!.shape.map((size, at) => (at === axis ? extent : size)), dtype: parts[0]!.dtype }];
  },
  split: ([x], { axis, sizes }) =>
    sizes.map((size) => ({ shape: x!.shape.map((extent, at) => (at === axis ? size : extent)), dtype: x!.dtype })),
  slice: ([x], { size }) => [{ shape: size, dtype: x!.dtype }],
  pad: ([x], { before, after }) => [
    { shape: x!.shape.map((extent, axis) => extent + before[axis]! + after[axis]!), dtype: x!.dtype },
  ],
  tile: ([x], { repeats }) => [{ shape: x!.shape.map((extent, axis) => extent * repeats[axis]!), dtype: x!.dtype }],
  gather: ([x, indices], { axis }) => {
    if (indices!.dtype !== 'int32') throw new Error(`gather: expected int32 indices, got ${printSpec(indices!)}`);
    return [{ shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)], dtype: x!.dtype }];
  },
  segmentSum: ([x], { segments }) => [{ shape: [segments, ...x!.shape.slice(1)], dtype: x!.dtype }],
};

function lastTwo({ shape }: TensorSpec, transposed: boolean): [number, number] {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  return transposed ? [columns, rows] : [rows, columns];
}

function sameType(a: TensorSpec, b: TensorSpec): DataType {
  if (a.dtype !== b.dtype) throw new Error(`expected operands of one type, got ${printSpec(a)} and ${printSpec(b)}`);
  return a.dtype;
}

/** The shape of two broadcast operands, by NumPy's rule: align the last axes; extents must be equal or 1. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [a[a.length - rank + axis] ?? 1, b[b.length - rank + axis] ?? 1];
    if (x !== y && x !== 1 && y !== 1) throw new Error(`cannot broadcast [${a.join(',')}] with [${b.join(',')}]`);
    return x === 1 ? y : x;
  });
}
