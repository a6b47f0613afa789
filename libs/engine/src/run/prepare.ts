import type { DeviceKind } from '../device.js';
import type { KernelProgram } from '../kernels/kernel.js';
import { writeKernels } from '../kernels/write-kernels.js';
import { lower, type Provider } from '../lower/lower.js';
import { cudaProviderMissing } from '../devices/onnxruntime-package.js';
import { usedInputs, type Program } from '../program/program.js';
import type { KernelKind } from './engine-message.js';
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

/** Whether the device runs kernels of our own: `cuda` does where ONNX Runtime's CUDA provider is not installed. */
export function runsKernels(kind: DeviceKind): kind is KernelKind {
  return kind === 'opencl' || (kind === 'cuda' && cudaProviderMissing() !== undefined);
}

/** How programs are prepared for a kind of device. */
export function prepareFor(kind: DeviceKind): Prepare<unknown> {
  if (runsKernels(kind)) return prepareKernels;
  return kind === 'tfjs' ? prepareTfjs : prepareOnnx(kind);
}
