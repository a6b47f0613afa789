// Everything here that runs ONNX Runtime imports it from this file, so that the switch below is thrown before its
// library is loaded.
import './without-telemetry.js';
import ort from 'onnxruntime-node';

export { ort };
