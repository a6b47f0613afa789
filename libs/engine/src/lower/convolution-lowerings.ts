import type { GraphBuilder } from './graph-builder.js';
import type { RowsMatmul } from './long-sums.js';
import type { Lowering } from './lowering.js';

// Images are [b, channels, H, W] in ONNX and [b, H, W, channels] in programs.
const toOnnx = [0, 3, 1, 2];
const fromOnnx = [0, 2, 3, 1];

export const lowerConv: Lowering<'conv'> = ({
  graph,
  node: {
    attributes: { strides, pads },
  },
  operands: [x, filter],
}) =>
  transposed(
    graph,
    graph.emit('Conv', [transposed(graph, x!, toOnnx), filter!], { attributes: { strides, pads } }),
    fromOnnx,
  );

/**
 * Strides may step over the last rows and columns of the image, which then do not take part in the convolution. ONNX's
 * `output_padding` adds them to the end of the gradient.
 */
export const lowerConvInputGradient: Lowering<'convInputGradient'> = ({
  graph,
  node: {
    attributes: { strides, pads, size },
    inputs,
  },
  operands: [dy, filter],
}) => {
  const rest = size.map((extent, axis) => {
    const reached = (inputs[0]!.shape[axis + 1]! - 1) * strides[axis]! + inputs[1]!.shape[axis + 2]!;
    return extent + pads[axis]! + pads[axis + 2]! - reached;
  });
  const gradient = graph.emit('ConvTranspose', [transposed(graph, dy!, toOnnx), filter!], {
    attributes: { strides, pads, output_padding: rest },
  });
  return transposed(graph, gradient, fromOnnx);
};

/** Adds a matmul aᵀ·b, which sums over the rows of both operands, and returns the name of its result. */
export type EmitMatmul = (product: RowsMatmul) => string;

/**
 * One matmul for each position of the filter: dyᵀ times the pixels that met this position, over all images. A single
 * convolution with dy as its filter takes 1.4 to 2.6 times as long (8 images, sides of 112 to 7, one thread).
 */
export function lowerConvFilterGradient(product: EmitMatmul): Lowering<'convFilterGradient'> {
  return ({
    graph,
    node: {
      attributes: {
        strides,
        pads: [top, left],
        kernel,
      },
      inputs,
      outputs,
    },
    operands: [x, dy],
  }) => {
    const [batch, height, width, channels] = inputs[0]!.shape as [number, number, number, number];
    const [, rows, columns, out] = inputs[1]!.shape as [number, number, number, number];
    // The image is cut into cells of the strides' size. Position (i, j) of the filter meets the same pixel of every
    // cell, starting ⌊i / stride⌋ and ⌊j / stride⌋ cells in.
    const cells = [rows, columns].map((count, axis) => count + Math.ceil(kernel[axis]! / strides[axis]!) - 1) as [
      number,
      number,
    ];
    const [bottom, right] = [cells[0] * strides[0] - height - top, cells[1] * strides[1] - width - left];
    const image = graph.emit('Pad', [
      x!,
      graph.integers([0, top, left, 0, 0, bottom, right, 0]),
      graph.literal([0], { shape: [], dtype: inputs[0]!.dtype }),
    ]);
    const inCells = reshaped(graph, image, [batch, cells[0], strides[0], cells[1], strides[1], channels]);
    const rowsOfDy = reshaped(graph, dy!, [batch * rows * columns, out]);
    const places = Array.from({ length: kernel[0] * kernel[1] }, (_, place) => {
      const [i, j] = [Math.floor(place / kernel[1]), place % kernel[1]];
      const begin = [0, Math.floor(i / strides[0]), i % strides[0], Math.floor(j / strides[1]), j % strides[1], 0];
      const size = [batch, rows, 1, columns, 1, channels];
      const met = graph.emit('Slice', [
        inCells,
        graph.integers(begin),
        graph.integers(begin.map((from, axis) => from + size[axis]!)),
      ]);
      const gradient = product({
        graph,
        a: rowsOfDy,
        b: reshaped(graph, met, [batch * rows * columns, channels]),
        rows: batch * rows * columns,
        left: out,
        right: channels,
      });
      return reshaped(graph, gradient, [1, out * channels]);
    });
    const byPlace = graph.emit('Concat', places, { attributes: { axis: 0 } }); // [positions, out·in]
    return reshaped(graph, transposed(graph, byPlace, [1, 0]), outputs[0]!.shape);
  };
}

function transposed(graph: GraphBuilder, x: string, perm: readonly number[]): string {
  return graph.emit('Transpose', [x], { attributes: { perm } });
}

function reshaped(graph: GraphBuilder, x: string, shape: readonly number[]): string {
  return graph.emit('Reshape', [x, graph.shape(shape)]);
}
