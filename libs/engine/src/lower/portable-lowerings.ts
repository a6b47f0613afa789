import { lowerings, type LoweringTable } from './lowerings.js';
import { webgpuLowerings } from './webgpu-lowerings.js';

/** Operators of ONNX's own set alone, for a file that any runtime reads. */
export const portableLowerings: LoweringTable = { ...lowerings, matMul: webgpuLowerings.matMul, convFilterGradient: webgpuLowerings.convFilterGradient };
