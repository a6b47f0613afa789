// All code that runs ONNX Runtime imports it from this file, so that telemetry is disabled before the native library is
// loaded.
import './without-telemetry.js';
import ort from 'onnxruntime-node';

export { ort };
