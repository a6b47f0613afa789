import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { DeviceKind } from '../device.js';

const cures: Readonly<Record<DeviceKind, string>> = {
  cpu: "ONNX Runtime does not run here: install Tandem's packages again with `npm ci`.",
  webgpu:
    'It needs a GPU and its driver: Direct3D 12 on Windows, Metal on macOS, Vulkan on Linux ' +
    "(Debian, Ubuntu: `apt-get install libvulkan1`, and mesa-vulkan-drivers or NVIDIA's own driver).",
  cuda:
    "It needs NVIDIA's driver and NVRTC of CUDA 12 or 13, in /usr/local/cuda or on the loader's path (Python's wheel " +
    'nvidia-cuda-nvrtc has it as well: put its folder into LD_LIBRARY_PATH). For a profile, or float16: Linux x64, ' +
    "CUDA 12 and cuDNN 9, and `npm run enable:cuda`, which downloads ONNX Runtime's provider. Elsewhere use webgpu.",
  opencl:
    'It needs OpenCL 1.2: on Linux its loader and a driver (Debian, Ubuntu: `apt-get install ocl-icd-libopencl1` and ' +
    "the driver of the GPU's maker, or pocl-opencl-icd, which computes on the CPU).",
  tfjs: 'Remove the package to run on the CPU backend of tfjs, or use another device.',
};

/** The error UNSUPPORTED_OP for a device that does not work here, with advice on what to do about it. */
export function deviceFailure(kind: DeviceKind, cause: unknown): TandemError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const said = reason
    .replace(/^The engine failed: /, '')
    .replace(/^\/\S+\.cc:\d+ .*? was false\. /, '')
    .trim(); // a location in ONNX Runtime's source
  return new TandemError({
    code: ErrorCode.UnsupportedOp,
    message: `Device ${kind}: expected it to work here, got: ${said}`,
    help: cures[kind],
    cause,
  });
}
