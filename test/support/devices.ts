import type { Device } from '#engine/device.js';
import { openEagerDevice } from '#engine/run/eager-device.js';
import { openOrtDevice } from '#engine/run/ort-device.js';

/** The devices a numeric test must hold on: tfjs op by op, and compiled programs on ONNX Runtime. */
export const devices: readonly { readonly name: string; readonly open: () => Promise<Device> }[] = [
  { name: 'eager', open: () => openEagerDevice() },
  { name: 'compiled', open: () => Promise.resolve(openOrtDevice({ kind: 'cpu', threads: 1 })) },
];
