import { lowerings, type LoweringTable } from './lowerings.js';
import { lowerMatmul, webgpuLowerings } from './webgpu-lowerings.js';

/** Lowerings to ONNX's own operators only, for a file that any runtime reads. ONNX has GELU only from set 20 on. */
export const portableLowerings: LoweringTable = {
  ...lowerings,
  gelu: webgpuLowerings.gelu,
  matMul: lowerMatmul({ isRightReadTransposed: true }),
  convFilterGradient: webgpuLowerings.convFilterGradient,
};
