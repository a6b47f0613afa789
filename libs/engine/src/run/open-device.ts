import type { Device, DeviceChoice, DeviceKind } from '../device.js';
import { chooseDevice } from '../devices/choose-device.js';
import { cudaProviderMissing } from '../devices/onnxruntime-package.js';
import { deviceFailure } from '../devices/device-failure.js';
import { inspectDevice } from '../devices/inspect-device.js';
import type { DiskCacheOptions } from './disk-cache.js';
import type { EngineOptions } from './engine-message.js';
import { openOrtDevice, type OrtDevice } from './onnxruntime/ort-device.js';
import { openKernelDevice } from './kernels/kernel-device.js';
import { runsKernels } from './prepare.js';
import { openTfjsDevice } from './tfjs/tfjs-device.js';

export interface DeviceOptions {
  readonly kind: DeviceChoice;
  /** Number of threads of one matmul on the CPU. The results do not depend on it. */
  readonly threads: number;
  /** Called with the device that `auto` chose, and the reason. */
  readonly onChoice?: (choice: string) => void;
  /** Keeps compiled functions that have a cacheKey; none are kept if left out. */
  readonly cache?: DiskCacheOptions | undefined;
  /** Functions with a source are traced in a thread, so that no event loop stands still; in turns if left out. */
  readonly tracesInThread?: boolean;
}

/**
 * Open a device and check that it works. Throws UNSUPPORTED_OP, with the cure, if it does not. A device asked for by
 * name is never replaced by another, which would give other bits.
 */
export async function openDevice(options: DeviceOptions): Promise<Device> {
  const { kind, threads, onChoice = () => undefined } = options;
  if (kind !== 'auto') return openKind({ ...options, kind });
  const choice = await chooseDevice((candidate) => inspectDevice(candidate, threads));
  onChoice(`${choice.kind}: ${choice.reason}`);
  return openKind({ ...options, kind: choice.kind });
}

/** Open a device of ONNX Runtime that measures its kernels. Throws as openDevice does. */
export function openProfiledDevice(options: EngineOptions & { readonly profileFolder: string }): Promise<OrtDevice> {
  return checked(options.kind, async () => {
    const missing = options.kind === 'cuda' ? cudaProviderMissing() : undefined;
    if (missing !== undefined) throw new Error(`a profile is made by ONNX Runtime, and ${missing}`);
    return openOrtDevice(options);
  });
}

function openKind({
  kind,
  threads,
  cache,
  tracesInThread,
}: DeviceOptions & { readonly kind: DeviceKind }): Promise<Device> {
  return checked(kind, async () => {
    if (runsKernels(kind)) return openKernelDevice(kind, cache, tracesInThread);
    return kind === 'tfjs'
      ? openTfjsDevice(cache, tracesInThread)
      : openOrtDevice({ kind, threads, cache, tracesInThread });
  });
}

async function checked<Opened extends Device>(kind: DeviceKind, open: () => Promise<Opened>): Promise<Opened> {
  try {
    const device = await open();
    await tryOut(device);
    return device;
  } catch (error) {
    throw deviceFailure(kind, error);
  }
}

/** Runs a small program, because drivers are loaded only with the first program. */
async function tryOut(device: Device): Promise<void> {
  try {
    const program = await device.compile(({ x }) => ({ y: x!.add(1) }), { x: { shape: [2], dtype: 'float32' } });
    const { y } = await program.run({ x: { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } });
    await program.dispose();
    if (y!.data.join() !== '2,3') throw new Error(`[1, 2] + 1 should give [2, 3], and gave [${y!.data.join(', ')}]`);
  } catch (error) {
    await device.close();
    throw error;
  }
}
