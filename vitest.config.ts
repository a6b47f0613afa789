import { defineConfig } from 'vitest/config';

// Tests run on the compiled output: what is tested is what is started, and worker threads need real files on disk.
export default defineConfig({
  test: {
    include: ['dist/{apps,libs,test,bench}/**/*.spec.js'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Packages that tests use run ONNX Runtime too, by doors of their own.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    setupFiles: ['dist/test/support/property-runs.js'],
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', ['json', { outputFile: 'dist/test-report.json' }]],
  },
});
