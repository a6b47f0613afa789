import type { Device } from '#engine/device.js';
import { openTfjsDevice } from '#engine/run/tfjs/tfjs-device.js';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';

/** The devices a numeric test must hold on: programs interpreted by tfjs, and compiled by ONNX Runtime. */
export const devices: readonly { readonly name: string; readonly open: () => Promise<Device> }[] = [
  { name: 'tfjs', open: () => openTfjsDevice() },
  { name: 'onnxruntime', open: () => Promise.resolve(openOrtDevice({ kind: 'cpu', threads: 1 })) },
];
