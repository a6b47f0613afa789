import type { Device } from '../../device.js';
import type { KernelProgram } from '../../kernels/kernel.js';
import type { DiskCacheOptions } from '../disk-cache.js';
import { startKernelEngine } from '../engine-client.js';
import { openEngineDevice } from '../engine-device.js';
import type { KernelKind } from '../engine-message.js';
import { prepareKernels } from '../prepare.js';
import { openTracer } from '../tracer.js';

const lacks = 'its kernels compute in float32';

/**
 * Open a GPU as a device, through NVIDIA's driver or OpenCL, in a thread of its own. It runs kernels that Tandem writes
 * for each program. Throws UNSUPPORTED_OP if there is no GPU or its driver.
 */
export async function openKernelDevice(
  kind: KernelKind,
  cache?: DiskCacheOptions,
  tracesInThread = false,
): Promise<Device> {
  const client = startKernelEngine(kind);
  const name = await client.call({ kind: 'open' }).catch(async (error: unknown) => {
    await client.close();
    throw error;
  });
  return openEngineDevice({
    kind,
    name: `${kind} (${name})`,
    client,
    lacks: { float16: lacks, bfloat16: lacks },
    prepare: prepareKernels,
    cache,
    ...(tracesInThread && { tracer: openTracer<KernelProgram>(kind) }),
  });
}
