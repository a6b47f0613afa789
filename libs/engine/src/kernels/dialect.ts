import type { DataType } from '../tensor-spec.js';

/**
 * Kernels are written in a subset of C. A header maps its words to OpenCL C or CUDA C. Sums of products are not
 * contracted to fused multiply-adds, so that a value has the same bits in whichever kernel it is computed.
 */
export const openClHeader = `#pragma OPENCL FP_CONTRACT OFF
#define KERNEL __kernel
#define GLOBAL __global
#define LOCAL __local
#define BARRIER barrier(CLK_LOCAL_MEM_FENCE)
#define GROUP(axis) ((int)get_group_id(axis))
#define THREAD(axis) ((int)get_local_id(axis))
#define FMA(a, b, c) fma(a, b, c)
`;

/** Words for CUDA C as NVRTC compiles it, without any file to include; its option --fmad=false is no part of a text. */
export const cudaHeader = `#define KERNEL extern "C" __global__
#define GLOBAL
#define LOCAL __shared__
#define BARRIER __syncthreads()
#define GROUP_0 blockIdx.x
#define GROUP_1 blockIdx.y
#define GROUP_2 blockIdx.z
#define GROUP(axis) ((int)GROUP_##axis)
#define THREAD_0 threadIdx.x
#define THREAD_1 threadIdx.y
#define THREAD_2 threadIdx.z
#define THREAD(axis) ((int)THREAD_##axis)
#define FMA(a, b, c) fmaf(a, b, c)
#define restrict __restrict__
#define INT_MAX 2147483647
#define INT_MIN (-INT_MAX - 1)
#define INFINITY __int_as_float(0x7f800000)
#define NAN __int_as_float(0x7fc00000)
typedef unsigned char uchar;
__device__ inline int clamp(int x, int low, int high) { return x < low ? low : x > high ? high : x; }
`;

/** The words of the element types. A bool is a byte; float16 and bfloat16 do not occur. */
export function typeName(dtype: DataType): string {
  switch (dtype) {
    case 'float32':
      return 'float';
    case 'int32':
      return 'int';
    case 'bool':
      return 'uchar';
    case 'float16':
    case 'bfloat16':
      throw new Error(`internal: no kernel is written for ${dtype} values`);
  }
}

/** A number as a literal of a type. */
export function literal(value: number, dtype: DataType): string {
  if (dtype !== 'float32') return String(Math.trunc(value));
  if (Number.isNaN(value)) return 'NAN';
  if (!Number.isFinite(value)) return value > 0 ? 'INFINITY' : '(-INFINITY)';
  const text = String(Math.fround(value));
  const float = `${/[.e]/.test(text) ? text : `${text}.0`}f`;
  return value < 0 || Object.is(value, -0) ? `(${float})` : float;
}
