import { emit, result, value, type Kernel } from './kernel.js';

/** Kernels that multiply matrices. */
export const matmulKernels: Readonly<Record<string, Kernel>> = {
  BatchMatMul: ({ a, b }, { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean }) =>
    result(
      emit('matMul', [value(a), value(b)], {
        transposeA: transposeA ?? false,
        transposeB: transposeB ?? false,
        scale: 1,
      }),
    ),
};
