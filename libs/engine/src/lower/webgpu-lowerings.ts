import { sizeOf } from '../tensor-spec.js';
import { lowerConvFilterGradient } from './convolution-lowerings.js';
import { onnxTypeCode, type GraphBuilder } from './graph-builder.js';
import { emitRowsMatmul } from './long-sums.js';
import { lowerings, type LoweringTable } from './lowerings.js';

/**
 * The lowerings for WebGPU. They differ where ONNX Runtime's WebGPU provider has no kernel, or has one whose result
 * depends on the order in which its threads run.
 *
 * Matmuls: the provider has no FusedMatMul. ONNX Runtime would run it on the CPU and copy the operands there and the
 * result back. Gemm is as fast with its left operand transposed as without. With the right one transposed it runs at a
 * third of the speed (H200: 6 instead of 18 TFLOP/s), so a transposed copy pays off.
 *
 * Segment sums: the provider's ScatterND adds with atomics, in any order. Instead, a matmul with the matrix of equal
 * ids [n, n] sums the rows of each id. Every row of an id then writes the same sum to the same place. The matrix takes
 * n² values: 97 MB for 64 texts of 77 tokens.
 */
export const webgpuLowerings: LoweringTable = {
  ...lowerings,
  gelu: ({ graph, node, operands: [x] }) => {
    const number = (value: number): string => graph.literal([value], { shape: [], dtype: node.outputs[0]!.dtype });
    const u = graph.emit('Mul', [x!, number(Math.SQRT1_2)]);
    const twiceDistribution = graph.emit('Add', [graph.emit('Erf', [u]), number(1)]);
    return graph.emit('Mul', [graph.emit('Mul', [u, twiceDistribution]), number(Math.SQRT1_2)]);
  },
  matMul: (input) => {
    const {
      graph,
      node: {
        attributes,
        inputs: [a, b],
      },
      operands,
    } = input;
    const isSumOverRows =
      a!.shape.length === 2 &&
      b!.shape.length === 2 &&
      attributes.transposeA &&
      !attributes.transposeB &&
      attributes.scale === 1;
    if (!isSumOverRows) return lowerMatmul({ isRightReadTransposed: false })(input);
    return emitRowsMatmul({
      graph,
      a: operands[0]!,
      b: operands[1]!,
      rows: a!.shape[0]!,
      left: a!.shape[1]!,
      right: b!.shape[1]!,
    });
  },
  convFilterGradient: lowerConvFilterGradient(emitRowsMatmul),
  segmentSum: (input) => {
    const {
      graph,
      node: { inputs, outputs },
      operands: [x, ids],
    } = input;
    const { shape, dtype } = outputs[0]!;
    if (dtype !== 'float32') return lowerings.segmentSum(input); // Integer sums do not depend on the order.
    const [n, width] = [sizeOf(inputs[1]!.shape), sizeOf(shape.slice(1))];
    const column = graph.emit('Reshape', [ids!, graph.integers([n, 1])]);
    const equal = graph.emit('Equal', [column, graph.emit('Reshape', [ids!, graph.integers([1, n])])]);
    const rows = graph.emit('Reshape', [x!, graph.integers([n, width])]);
    const sums = graph.emit('MatMul', [
      graph.emit('Cast', [equal], { attributes: { to: onnxTypeCode.float32 } }),
      rows,
    ]);
    const zeros = graph.emit('Expand', [graph.literal([0], { shape: [], dtype }), graph.integers([shape[0]!, width])]);
    const written = graph.emit('ScatterND', [
      zeros,
      graph.emit('Cast', [column], { attributes: { to: onnxTypeCode.int64 } }),
      sums,
    ]);
    return graph.emit('Reshape', [written, graph.integers(shape)]);
  },
};

/**
 * Lowers a matmul to ONNX's own operators: Gemm, which can read operands of rank 2 transposed, or MatMul of transposed
 * copies.
 */
export function lowerMatmul({
  isRightReadTransposed,
}: {
  readonly isRightReadTransposed: boolean;
}): LoweringTable['matMul'] {
  return ({ graph, node: { attributes, inputs }, operands: [a, b] }) => {
    const { transposeA, transposeB, scale } = attributes;
    const [rankA, rankB] = inputs.map(({ shape }) => shape.length);
    const isGemm = rankA === 2 && rankB === 2;
    const isRead = isGemm && isRightReadTransposed;
    const right = transposeB && !isRead ? swapLastAxes(graph, b!, rankB!) : b!;
    if (isGemm)
      return graph.emit('Gemm', [a!, right], {
        attributes: { transA: transposeA ? 1 : 0, transB: transposeB && isRead ? 1 : 0, alpha: { float: scale } },
      });
    const left =
      scale === 1 ? a! : graph.emit('Mul', [a!, graph.literal([scale], { shape: [], dtype: inputs[0]!.dtype })]);
    return graph.emit('MatMul', [transposeA ? swapLastAxes(graph, left, rankA!) : left, right]);
  };
}

function swapLastAxes(graph: GraphBuilder, x: string, rank: number): string {
  const kept = Array.from({ length: rank - 2 }, (_, axis) => axis);
  return graph.emit('Transpose', [x], { attributes: { perm: [...kept, rank - 1, rank - 2] } });
}
