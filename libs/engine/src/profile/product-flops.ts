import { sizeOf } from '../tensor-spec.js';

const products: ReadonlySet<string> = new Set(['MatMul', 'FusedMatMul', 'Gemm', 'FusedGemm']);

/** 2·m·n·k for each matrix of a product, [m, k]·[k, n] or either transposed, from its shapes; 0 for other operators. */
export function productFlops(operator: string, [a = []]: readonly (readonly number[])[], [result = []]: readonly (readonly number[])[]): number {
  if (!products.has(operator)) return 0;
  const [rows = 1] = result.slice(-2);
  const k = sizeOf(a.slice(-2)) / rows;
  return 2 * sizeOf(result) * k;
}
