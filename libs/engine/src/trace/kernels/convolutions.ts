import * as tf from '@tensorflow/tfjs';
import type { Value } from '../../program/program.js';
import { unsupported } from '../unsupported.js';
import { emit, result, scalar, value, type Kernel } from './kernel.js';

type Conv2DInfo = tf.backend_util.Conv2DInfo;
type Padding = Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
type Filter = [number, number, number, number];

interface Convolution {
  readonly strides: number | [number, number];
  readonly pad: Padding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface Pool {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: Padding;
}

/** Filters are [height, width, in, out] in tfjs and [out, in, height, width] in a program. */
const fromTfjs = [3, 2, 0, 1];
const toTfjs = [2, 3, 1, 0];

/**
 * Kernels for convolutions and average pooling of images [b, H, W, channels]. A 1×1 convolution of stride 1 without
 * padding becomes a matmul.
 */
export const convolutionKernels: Readonly<Record<string, Kernel>> = {
  Conv2D: ({ x, filter }, attributes: Convolution) => {
    const info = infoOf(value(x).shape, value(filter).shape, attributes);
    if (isOfPixels(info))
      return result(reshaped(emit('matMul', [pixels(value(x)), pixels(value(filter))], plain), info.outShape));
    return result(emit('conv', [value(x), transposed(value(filter), fromTfjs)], placement(info)));
  },
  Conv2DBackpropInput: ({ dy, filter }, { inputShape, ...attributes }: Convolution & { inputShape: number[] }) => {
    const info = infoOf(inputShape, value(filter).shape, attributes);
    if (isOfPixels(info))
      return result(
        reshaped(
          emit('matMul', [pixels(value(dy)), pixels(value(filter))], { ...plain, transposeB: true }),
          inputShape,
        ),
      );
    const size = [info.inHeight, info.inWidth] as const;
    return result(
      emit('convInputGradient', [value(dy), transposed(value(filter), fromTfjs)], { ...placement(info), size }),
    );
  },
  Conv2DBackpropFilter: ({ x, dy }, { filterShape, ...attributes }: Convolution & { filterShape: Filter }) => {
    const info = infoOf(value(x).shape, filterShape, attributes);
    if (isOfPixels(info))
      return result(
        reshaped(emit('matMul', [pixels(value(x)), pixels(value(dy))], { ...plain, transposeA: true }), filterShape),
      );
    const kernel = [info.filterHeight, info.filterWidth] as const;
    return result(
      transposed(emit('convFilterGradient', [value(x), value(dy)], { ...placement(info), kernel }), toTfjs),
    );
  },
  AvgPool: ({ x }, attributes: Pool) => {
    const { batch, rows, columns, channels, size } = squares(value(x).shape, attributes);
    const overRows = emit('mean', [reshaped(value(x), [batch * rows, size, columns * size * channels])], overSquare);
    const overBoth = emit('mean', [reshaped(overRows, [batch * rows * columns, size, channels])], overSquare);
    return result(reshaped(overBoth, [batch, rows, columns, channels]));
  },
  AvgPoolGrad: ({ dy, input }, attributes: Pool) => {
    const { batch, rows, columns, channels, size } = squares(value(input).shape, attributes);
    const share = emit('mul', [value(dy), scalar(1 / size ** 2)], {});
    const alongRow = emit('tile', [reshaped(share, [batch * rows * columns, 1, channels])], { repeats: [1, size, 1] });
    const everywhere = emit('tile', [reshaped(alongRow, [batch * rows, 1, columns * size * channels])], {
      repeats: [1, size, 1],
    });
    return result(reshaped(everywhere, value(input).shape));
  },
};

const plain = { transposeA: false, transposeB: false, scale: 1 };
const overSquare = { axes: [1], keepDims: false };

function infoOf(
  input: readonly number[],
  filter: readonly number[],
  { strides, pad, dataFormat, dilations, dimRoundingMode }: Convolution,
): Conv2DInfo {
  const info = tf.backend_util.computeConv2DInfo(
    [...input] as Filter,
    [...filter] as Filter,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
  );
  const isPlain =
    (dataFormat ?? 'NHWC') === 'NHWC' &&
    info.dilationHeight === 1 &&
    info.dilationWidth === 1 &&
    info.inChannels === filter[2];
  if (!isPlain)
    throw unsupported(
      'The engine traces convolutions of one group, without dilation, over images [b, H, W, channels].',
    );
  return info;
}

function isOfPixels({
  filterHeight,
  filterWidth,
  strideHeight,
  strideWidth,
  padInfo: { top, left, bottom, right },
}: Conv2DInfo): boolean {
  return filterHeight * filterWidth * strideHeight * strideWidth === 1 && top + left + bottom + right === 0;
}

function placement({ strideHeight, strideWidth, padInfo: { top, left, bottom, right } }: Conv2DInfo) {
  return { strides: [strideHeight, strideWidth], pads: [top, left, bottom, right] } as const;
}

/** The squares that a pooling averages. Throws UNSUPPORTED_OP unless they lie side by side and cover the image. */
function squares(shape: readonly number[], { filterSize, strides, pad }: Pool) {
  const [batch, height, width, channels] = shape as Filter;
  const {
    filterHeight: size,
    filterWidth,
    strideHeight,
    strideWidth,
    padInfo,
  } = tf.backend_util.computePool2DInfo([batch, height, width, channels], filterSize, strides, 1, pad);
  const isPadded = padInfo.top + padInfo.left + padInfo.bottom + padInfo.right > 0;
  if (
    [filterWidth, strideHeight, strideWidth].some((side) => side !== size) ||
    isPadded ||
    height % size !== 0 ||
    width % size !== 0
  ) {
    throw unsupported('The engine traces means over squares that lie side by side and cover the image.');
  }
  return { batch, rows: height / size, columns: width / size, channels, size };
}

/** Reshape to [m, channels]; a 1×1 filter becomes [in, out]. */
function pixels(x: Value): Value {
  const channels = x.shape.at(-1)!;
  return reshaped(x, [x.shape.slice(0, -1).reduce((product, extent) => product * extent, 1), channels]);
}

function reshaped(x: Value, shape: readonly number[]): Value {
  return emit('reshape', [x], { shape: [...shape] });
}

function transposed(x: Value, perm: number[]): Value {
  return emit('transpose', [x], { perm });
}
