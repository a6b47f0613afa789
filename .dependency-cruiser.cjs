/** The arrows of ARCHITECTURE.md: apps → libs/{model, data, protocol, store, …} → libs/{engine, kernel} → tfjs, onnxruntime, WebAssembly. */
const lib = (name) => `^(dist/)?libs/${name}/`;
const app = (name) => `^(dist/)?apps/${name}/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'lib-knows-no-app', severity: 'error', from: { path: lib('[^/]+') }, to: { path: app('[^/]+') } },
    { name: 'lib-knows-no-nest', severity: 'error', from: { path: lib('[^/]+') }, to: { path: 'node_modules/@nestjs/' } },
    { name: 'lib-knows-no-test', severity: 'error', from: { path: lib('[^/]+'), pathNot: '\\.spec\\.[jt]s$' }, to: { path: '^(dist/)?test/' } },
    { name: 'product-knows-no-bench', severity: 'error', from: { path: '^(dist/)?(apps|libs)/' }, to: { path: '^(dist/)?bench/' } },
    { name: 'worker-and-coordinator-apart', severity: 'error', from: { path: app('worker') }, to: { path: app('(coordinator|cli)') } },
    { name: 'coordinator-and-worker-apart', severity: 'error', from: { path: app('coordinator') }, to: { path: app('(worker|cli)') } },
    { name: 'engine-is-the-ground', severity: 'error', from: { path: lib('engine') }, to: { path: lib('(model|data|store|inference|weights)') } },
    { name: 'protocol-stands-alone', severity: 'error', from: { path: lib('protocol') }, to: { path: lib('(?!protocol)[^/]+') } },
    { name: 'kernel-stands-alone', severity: 'error', from: { path: lib('kernel') }, to: { path: lib('(?!kernel)[^/]+') } },
    { name: 'store-knows-no-model', severity: 'error', from: { path: lib('store') }, to: { path: lib('(engine|model|data|inference|weights)') } },
    { name: 'data-knows-no-model', severity: 'error', from: { path: lib('data') }, to: { path: lib('(engine|model|inference|weights)') } },
    { name: 'model-knows-no-data', severity: 'error', from: { path: lib('model') }, to: { path: lib('(data|inference|weights)') } },
    {
      name: 'onnxruntime-by-one-door', // which turns its telemetry off
      severity: 'error',
      from: { path: '^(dist/)?(apps|libs|bench|test)/', pathNot: '^(dist/)?libs/engine/src/run/onnxruntime/onnxruntime\\.[jt]s$' },
      to: { path: 'node_modules/onnxruntime-node' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: ['node_modules', '^dist/'] },
    exclude: { path: ['^test/fixtures/'] },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default', 'types'], exportsFields: ['exports'] },
  },
};
