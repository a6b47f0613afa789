import { existsSync } from 'node:fs';
import { openCudaDriver } from '#engine/run/kernels/cuda-driver.js';
import type { GpuDriver } from '#engine/run/kernels/gpu-driver.js';
import { openOpenClDriver } from '#engine/run/kernels/opencl-driver.js';
import { openClMissing } from './software-opencl.js';

export interface KernelDevice {
  readonly kind: 'opencl' | 'cuda';
  readonly open: () => GpuDriver;
  /** Why it cannot be tried here; undefined if it can. */
  readonly missing: string | undefined;
}

/** Where NVIDIA's driver is reached on Linux. */
const nvidia = '/dev/nvidiactl';

/** The devices that run kernels of our own. `cuda` is tried wherever there is a card. */
export const kernelDevices: readonly KernelDevice[] = [
  { kind: 'opencl', open: openOpenClDriver, missing: await openClMissing() },
  {
    kind: 'cuda',
    open: openCudaDriver,
    missing: existsSync(nvidia) ? undefined : `there is no NVIDIA GPU: no ${nvidia}`,
  },
];
