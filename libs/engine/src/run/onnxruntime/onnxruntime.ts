// All code that runs ONNX Runtime imports it from this file, so that telemetry is disabled before the native library is
// loaded.
import './without-telemetry.js';
import ort from 'onnxruntime-node';

// From Node 24 on there is a Float16Array, which the library's JavaScript then takes for float16 and its native binding
// takes for empty. Its first tensor decides once and for all; without that array it takes a Uint16Array, as before.
const hidden = Reflect.getOwnPropertyDescriptor(globalThis, 'Float16Array');
if (hidden) Reflect.deleteProperty(globalThis, 'Float16Array');
new ort.Tensor('float32', [0]);
if (hidden) Reflect.defineProperty(globalThis, 'Float16Array', hidden);

export { ort };
