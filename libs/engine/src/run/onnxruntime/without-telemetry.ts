/*
 * ONNX Runtime reports to its maker unless the process's environment says otherwise when its library is loaded: names
 * of graphs, CPU and memory, under an id it keeps in the user's cache. A thread that has a copy of the
 * environment cannot say it: the thread of the engine shares that of its process.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1';
