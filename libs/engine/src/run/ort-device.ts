import type { Device, DeviceKind } from '../device.js';
import { lower } from '../lower/lower.js';
import { startOrtEngine } from './engine-client.js';
import { openEngineDevice } from './engine-device.js';
import type { EngineOptions } from './engine-message.js';

export interface OrtDeviceOptions extends EngineOptions {
  readonly kind: Exclude<DeviceKind, 'tfjs'>;
}

/** ONNX Runtime in a thread of its own. */
export function openOrtDevice({ kind, threads }: OrtDeviceOptions): Device {
  return openEngineDevice({
    kind,
    name: `${kind} (onnxruntime, ${threads} thread${threads > 1 ? 's' : ''})`,
    client: startOrtEngine({ threads }),
    prepare(program) {
      const { onnx, inputs } = lower(program);
      return { code: onnx, inputs };
    },
  });
}
