import { lowerings, type LoweringTable } from './lowerings.js';
import { lowerMatmul, webgpuLowerings } from './webgpu-lowerings.js';

/** Operators of ONNX's own set alone, for a file that any runtime reads. GELU is among them from set 20 on. */
export const portableLowerings: LoweringTable = {
  ...lowerings,
  gelu: webgpuLowerings.gelu,
  matMul: lowerMatmul({ isRightReadTransposed: true }),
  convFilterGradient: webgpuLowerings.convFilterGradient,
};
