import type { Device, DeviceKind } from '../device.js';
import { openTfjsDevice } from './tfjs-device.js';
import { openOrtDevice } from './ort-device.js';

export interface DeviceOptions {
  readonly kind: DeviceKind;
  /** Threads of one product on the processor; the results do not depend on it. */
  readonly threads: number;
}

/** Open the device that was asked for. */
export async function openDevice({ kind, threads }: DeviceOptions): Promise<Device> {
  if (kind === 'tfjs') return openTfjsDevice();
  return openOrtDevice({ kind, threads });
}
