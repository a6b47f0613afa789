import type { Device } from '../device.js';
import { onnxruntimeVersion } from '../devices/onnxruntime-package.js';
import { lower } from '../lower/lower.js';
import type { ProgramProfile } from '../profile/program-profile.js';
import { startOrtEngine } from './engine-client.js';
import { openEngineDevice } from './engine-device.js';
import type { EngineOptions } from './engine-message.js';

export interface OrtDevice extends Device {
  /** What each kernel took in all programs in use, in the order they were compiled. Once, and only of a device opened with a `profileFolder`. */
  takeProfiles(): Promise<readonly ProgramProfile[]>;
}

/** ONNX Runtime in a thread of its own. */
export function openOrtDevice({ kind, threads, profileFolder }: EngineOptions): OrtDevice {
  const client = startOrtEngine({ kind, threads, profileFolder });
  const device = openEngineDevice({
    kind,
    name: `${kind} (onnxruntime ${onnxruntimeVersion}${kind === 'cpu' ? `, ${threads} thread${threads > 1 ? 's' : ''}` : ''})`,
    client,
    prepare(program) {
      const { onnx, inputs } = lower(program, kind);
      return { code: onnx, inputs };
    },
  });
  return { ...device, takeProfiles: () => client.call({ kind: 'takeProfiles' }) };
}
