/*
 * ONNX Runtime reports names of graphs, CPU and memory to its maker, under an id that it keeps in the user's cache. It
 * does not if this variable is set in the process's environment when its library is loaded. A thread with a copy of the
 * environment cannot set it there, so the engine's thread shares the environment of its process.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1';
