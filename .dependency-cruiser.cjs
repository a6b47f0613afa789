/**
 * The layers of ARCHITECTURE.md. A library may import only libraries in layers below its own, and nothing else of the
 * project.
 */
const order = [
  ['evaluate'],
  ['inference'],
  ['weights', 'encoder', 'report', 'cluster', 'corpus', 'download'],
  ['model', 'data'],
  ['engine', 'store', 'metrics'],
  ['threads', 'kernel', 'protocol'],
];
const lib = (names) => `^(dist/)?libs/(${names.join('|')})/`;
const app = (name) => `^(dist/)?apps/${name}/`;
/** How numbers are written. */
const figures = '^(dist/)?libs/report/src/figures\\.';
/** The training step and its parts, which the bench and equivalence tests run within one process. */
const page = '^(dist/)?apps/coordinator/src/training/(training-step\\.|one-process-step\\.|optimizer/|state/|shards/)';
/** What the simulation of a step runs as well: the pool, and the step's clock. */
const pool = '^(dist/)?apps/coordinator/src/(pool/|time\\.|training/step-)';
/**
 * Tests of libraries. Tests of the apps and of whole processes are in test/{coordinator, processes, fuzz, style} and
 * beside the apps.
 */
const libraryTests =
  '^(dist/)?(bench|libs|test/(data|download|equivalence|evaluate|golden|inference|parity|report|store|weights))/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      // The build makes this module.
      to: { couldNotResolve: true, pathNot: '^virtual:run-document$' },
    },
    {
      name: 'lib-knows-no-app',
      severity: 'error',
      from: { path: lib(['[^/]+']), pathNot: '\\.spec\\.[jt]s$' },
      to: { path: app('[^/]+') },
    },
    {
      name: 'lib-knows-no-nest',
      severity: 'error',
      from: { path: lib(['[^/]+']) },
      to: { path: 'node_modules/@nestjs/' },
    },
    {
      name: 'lib-knows-no-test',
      severity: 'error',
      from: { path: lib(['[^/]+']), pathNot: '\\.spec\\.[jt]s$' },
      to: { path: '^(dist/)?test/' },
    },
    {
      name: 'product-knows-no-bench',
      severity: 'error',
      from: { path: '^(dist/)?(apps|libs)/' },
      to: { path: '^(dist/)?bench/' },
    },
    {
      name: 'worker-and-coordinator-apart',
      severity: 'error',
      from: { path: app('worker') },
      to: { path: app('(coordinator|cli)') },
    },
    {
      name: 'coordinator-and-worker-apart',
      severity: 'error',
      from: { path: app('coordinator') },
      to: { path: app('(worker|cli)') },
    },
    {
      // It runs in browsers: what it takes of the libraries must know neither Node nor any package at run time.
      name: 'dashboard-knows-protocol-and-figures',
      severity: 'error',
      from: { path: app('dashboard') },
      to: { path: '^(dist/)?(apps|libs)/', pathNot: `${app('dashboard')}|${lib(['protocol'])}|${figures}` },
    },
    {
      name: 'dashboard-knows-no-node',
      severity: 'error',
      from: { path: app('dashboard') },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'dashboard-is-known-to-no-one',
      severity: 'error',
      from: { path: '^(dist/)?(apps|libs|bench)/', pathNot: app('dashboard') },
      to: { path: app('dashboard') },
    },
    {
      name: 'bench-and-unit-tests-know-no-app',
      severity: 'error',
      from: { path: libraryTests, pathNot: '^(dist/)?bench/scaling/' },
      to: { path: app('[^/]+'), pathNot: page },
    },
    {
      name: 'scaling-knows-step-and-pool',
      severity: 'error',
      from: { path: '^(dist/)?bench/scaling/' },
      to: { path: app('[^/]+'), pathNot: `${page}|${pool}` },
    },
    ...order.flatMap((names, line) =>
      names.map((name) => ({
        name: `${name}-stands-on-what-is-below`,
        severity: 'error',
        from: { path: lib([name]), pathNot: '\\.spec\\.[jt]s$' },
        to: {
          path: lib(
            order
              .slice(0, line + 1)
              .flat()
              .filter((other) => other !== name),
          ),
        },
      })),
    ),
    {
      name: 'onnxruntime-by-one-door', // That module turns its telemetry off.
      severity: 'error',
      from: {
        path: '^(dist/)?(apps|libs|bench|test)/',
        pathNot: '^(dist/)?libs/engine/src/run/onnxruntime/onnxruntime\\.[jt]s$',
      },
      to: { path: 'node_modules/onnxruntime-node' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: ['node_modules', '^dist/'] },
    exclude: { path: ['^test/fixtures/'] },
    // With `types` first, an import #lib/… in package.json resolves to the TypeScript source.
    enhancedResolveOptions: { conditionNames: ['types', 'import', 'node', 'default'], exportsFields: ['exports'] },
  },
};
