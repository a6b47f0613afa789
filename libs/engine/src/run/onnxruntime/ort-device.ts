import type { Device } from '../../device.js';
import { onnxruntimeVersion } from '../../devices/onnxruntime-package.js';
import type { Provider } from '../../lower/lower.js';
import type { ProgramProfile } from '../../profile/program-profile.js';
import type { Precision } from '../../tensor-spec.js';
import type { DiskCacheOptions } from '../disk-cache.js';
import { startOrtEngine } from '../engine-client.js';
import { openEngineDevice } from '../engine-device.js';
import type { EngineOptions } from '../engine-message.js';
import { prepareOnnx } from '../prepare.js';
import { openTracer } from '../tracer.js';

export interface OrtDevice extends Device {
  /**
   * Returns the times of all kernels of all programs in use, in the order in which the programs were compiled. Call it
   * once, and only on a device that was opened with a `profileFolder`.
   */
  takeProfiles(): Promise<readonly ProgramProfile[]>;
}

const onCpu =
  'ONNX Runtime has no such matmuls for the CPU, and would widen and narrow the values ' +
  'around float32 ones, which takes longer than float32';
const lacks: Readonly<Record<Provider, Readonly<Partial<Record<Precision, string>>>>> = {
  cpu: { float16: onCpu, bfloat16: onCpu },
  cuda: {},
  webgpu: { bfloat16: 'WebGPU has no such type' },
};

/** Open ONNX Runtime, in a thread of its own, as a device. */
export function openOrtDevice({
  kind,
  threads,
  profileFolder,
  cache,
  tracesInThread = false,
}: EngineOptions & {
  readonly cache?: DiskCacheOptions | undefined;
  readonly tracesInThread?: boolean | undefined;
}): OrtDevice {
  const client = startOrtEngine({ kind, threads, profileFolder });
  const device = openEngineDevice({
    kind,
    name:
      `${kind} (onnxruntime ` +
      `${onnxruntimeVersion}${kind === 'cpu' ? `, ${threads} thread${threads > 1 ? 's' : ''}` : ''})`,
    client,
    lacks: lacks[kind],
    prepare: prepareOnnx(kind),
    cache,
    ...(tracesInThread && { tracer: openTracer<Uint8Array>(kind) }),
  });
  return { ...device, takeProfiles: () => client.call({ kind: 'takeProfiles' }) };
}
