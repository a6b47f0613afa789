import { sizeOf } from '../tensor-spec.js';

const matmulOperators: ReadonlySet<string> = new Set(['MatMul', 'FusedMatMul', 'Gemm', 'FusedGemm']);

/**
 * 2·m·n·k for each matrix of a matmul, [m, k]·[k, n] or either transposed, from its shapes; of a convolution two for
 * each value of the result, or of the image where it is transposed, and each of a filter's; 0 for other operators.
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
