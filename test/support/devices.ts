import type { Device } from '#engine/device.js';
import { openTfjsDevice } from '#engine/run/tfjs/tfjs-device.js';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';

/** The devices on which numeric tests run: tfjs, which interprets programs, and ONNX Runtime, which compiles them. */
export const devices: readonly { readonly name: string; readonly open: () => Promise<Device> }[] = [
  { name: 'tfjs', open: () => openTfjsDevice() },
  { name: 'onnxruntime', open: () => Promise.resolve(openOrtDevice({ kind: 'cpu', threads: 1 })) },
];
