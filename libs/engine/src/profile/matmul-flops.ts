import { sizeOf } from '../tensor-spec.js';

const matmulOperators: ReadonlySet<string> = new Set(['MatMul', 'FusedMatMul', 'Gemm', 'FusedGemm']);

/**
 * FLOPs of an operator, from the shapes of its operands and result. A matmul has 2·m·n·k for each matrix of its batch,
 * [m, k]·[k, n], where either operand may be transposed. A convolution has 2 · (values of its result) · (values of one
 * filter), and a transposed convolution 2 · (values of its input) · (values of one filter). All other operators have 0.
 */
export function matmulFlops(
  operator: string,
  [a = [], b = []]: readonly (readonly number[])[],
  [result = []]: readonly (readonly number[])[],
): number {
  if (operator === 'Conv') return (2 * sizeOf(result) * sizeOf(b)) / b[0]!;
  if (operator === 'ConvTranspose') return (2 * sizeOf(a) * sizeOf(b)) / b[0]!;
  if (!matmulOperators.has(operator)) return 0;
  const [rows = 1] = result.slice(-2);
  const k = sizeOf(a.slice(-2)) / rows;
  return 2 * sizeOf(result) * k;
}
