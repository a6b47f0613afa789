import type { DeviceKind } from '../device.js';
import type { KernelProgram } from '../kernels/kernel.js';
import { writeKernels } from '../kernels/write-kernels.js';
import { lower, type Provider } from '../lower/lower.js';
import { usedInputs, type Program } from '../program/program.js';
import type { Prepare } from './prepared-program.js';

/** ONNX Runtime runs ONNX. */
export const prepareOnnx =
  (provider: Provider): Prepare<Uint8Array> =>
  (program) => {
    const { onnx, inputs } = lower(program, provider, { hasNoAnswer: provider !== 'webgpu' });
    return { code: onnx, inputs };
  };

/** tfjs runs the program itself. */
export const prepareTfjs: Prepare<Program> = (program) => ({ code: program, inputs: usedInputs(program) });

/** A GPU runs kernels. */
export const prepareKernels: Prepare<KernelProgram> = (program) => ({
  code: writeKernels(program),
  inputs: usedInputs(program),
});

/** How programs are prepared for a kind of device. */
export function prepareFor(kind: DeviceKind): Prepare<unknown> {
  if (kind === 'opencl') return prepareKernels;
  return kind === 'tfjs' ? prepareTfjs : prepareOnnx(kind);
}
