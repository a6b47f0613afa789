import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { tfjsType } from '../tensor-spec.js';
import type { Attributes, Convolution, Primitive } from './primitive.js';
import type { NodeOf } from './program.js';

/** Computes the results of a node from its operands. */
export type Interpretation<P extends Primitive> = (operands: readonly Tensor[], node: NodeOf<P>) => Tensor | Tensor[];

type Unary = (operands: readonly Tensor[]) => Tensor;
const unary =
  (operation: (x: Tensor) => Tensor): Unary =>
  ([x]) =>
    operation(x!);
const binary =
  (operation: (a: Tensor, b: Tensor) => Tensor): Unary =>
  ([a, b]) =>
    operation(a!, b!);

type Reduction = (operands: readonly Tensor[], node: { readonly attributes: Attributes['sum'] }) => Tensor;
const reduce =
  (operation: (x: Tensor, axes: number[], keepDims: boolean) => Tensor): Reduction =>
  ([x], { attributes }) =>
    operation(x!, [...attributes.axes], attributes.keepDims);

/** How tfjs computes each primitive. */
export const interpretations: { readonly [P in Primitive]: Interpretation<P> } = {
  constant: (_, { attributes, outputs: [output] }) =>
    tf.tensor([...attributes.values], [...output!.shape], tfjsType(output!.dtype)),
  fill: (_, { attributes, outputs: [output] }) =>
    tf.cast(tf.fill([...output!.shape], attributes.value), tfjsType(output!.dtype)),
  iota: (_, { outputs: [output] }) => tf.range(0, output!.shape[0]!, 1, 'int32'),
  neg: unary(tf.neg),
  exp: unary(tf.exp),
  log: unary(tf.log),
  sqrt: unary(tf.sqrt),
  reciprocal: unary(tf.reciprocal),
  erf: unary(tf.erf),
  sigmoid: unary(tf.sigmoid),
  tanh: unary(tf.tanh),
  abs: unary(tf.abs),
  relu: unary(tf.relu),
  not: unary(tf.logicalNot),
  cast: ([x], { attributes }) => tf.cast(x!, tfjsType(attributes.to)),
  add: binary(tf.add),
  sub: binary(tf.sub),
  mul: binary(tf.mul),
  div: binary(tf.div),
  pow: binary(tf.pow),
  maximum: binary(tf.maximum),
  minimum: binary(tf.minimum),
  greater: binary(tf.greater),
  greaterEqual: binary(tf.greaterEqual),
  less: binary(tf.less),
  lessEqual: binary(tf.lessEqual),
  equal: binary(tf.equal),
  and: binary(tf.logicalAnd),
  or: binary(tf.logicalOr),
  where: ([condition, a, b]) => tf.where(condition!, a!, b!),
  sum: reduce(tf.sum),
  mean: reduce(tf.mean),
  max: reduce(tf.max),
  min: reduce(tf.min),
  argMax: ([x], { attributes }) => tf.argMax(x!, attributes.axis),
  softmax: ([x], { attributes }) => tf.softmax(x!, attributes.axis),
  gelu: ([x]) => tf.mul(tf.mul(x!, 0.5), tf.add(tf.erf(tf.mul(x!, Math.SQRT1_2)), 1)),
  layerNorm: ([x, gain, bias], { attributes }) => {
    const centred = tf.sub(x!, tf.mean(x!, -1, true));
    const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), attributes.epsilon));
    return tf.add(tf.mul(tf.mul(centred, inverseDeviation), gain!), bias!);
  },
  matMul: ([a, b], { attributes: { transposeA, transposeB, scale } }) => {
    const product = tf.matMul(a!, b!, transposeA, transposeB);
    return scale === 1 ? product : tf.mul(product, scale);
  },
  conv: ([x, filter], { attributes: { strides, pads } }) =>
    tf.conv2d(padded(x!, pads), tfjsFilter(filter!), [...strides], 'valid'),
  convInputGradient: (
    [dy, filter],
    {
      attributes: {
        strides,
        pads,
        size: [height, width],
      },
    },
  ) => {
    const [top, left, bottom, right] = pads;
    const [batch, channels] = [dy!.shape[0], filter!.shape[1]!];
    const whole = tf.conv2dTranspose(
      dy as tf.Tensor4D,
      tfjsFilter(filter!),
      [batch, height + top + bottom, width + left + right, channels],
      [...strides],
      'valid',
    );
    return tf.slice(whole, [0, top, left, 0], [batch, height, width, channels]);
  },
  convFilterGradient: ([x, dy], { attributes: { strides, pads, kernel } }) => {
    const filterShape = [...kernel, x!.shape[3]!, dy!.shape[3]!];
    const gradient = tf
      .engine()
      .runKernel(
        tf.Conv2DBackpropFilter,
        { x: padded(x!, pads), dy: dy! },
        { strides: [...strides], pad: 'valid', dataFormat: 'NHWC', filterShape },
      );
    return tf.transpose(gradient as Tensor, [3, 2, 0, 1]);
  },
  reshape: ([x], { attributes }) => tf.reshape(x!, [...attributes.shape]),
  transpose: ([x], { attributes }) => tf.transpose(x!, [...attributes.perm]),
  concat: (parts, { attributes }) => tf.concat([...parts], attributes.axis),
  split: ([x], { attributes }) => tf.split(x!, [...attributes.sizes], attributes.axis),
  slice: ([x], { attributes }) => tf.slice(x!, [...attributes.begin], [...attributes.size]),
  pad: ([x], { attributes: { before, after, value } }) =>
    tf.pad(
      x!,
      before.map((amount, axis): [number, number] => [amount, after[axis]!]),
      value,
    ),
  tile: ([x], { attributes }) => tf.tile(x!, [...attributes.repeats]),
  gather: ([x, indices], { attributes }) => tf.gather(x!, indices!, attributes.axis),
  segmentSum: ([x, ids], { attributes }) => tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, attributes.segments),
};

/** tfjs's filters are [height, width, in, out]. */
function tfjsFilter(filter: Tensor): tf.Tensor4D {
  return tf.transpose(filter as tf.Tensor4D, [2, 3, 1, 0]);
}

/** Pad the image beforehand: not every backend of tfjs supports explicit padding in gradients of convolutions. */
function padded(x: Tensor, [top, left, bottom, right]: Convolution['pads']): tf.Tensor4D {
  return tf.pad(x as tf.Tensor4D, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}
