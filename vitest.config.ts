import { defineConfig } from 'vitest/config';

// Tests run the compiled output: they test exactly what is started, and worker threads need real files on disk.
export default defineConfig({
  test: {
    include: ['dist/{apps,libs,test,bench}/**/*.spec.js'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Packages used by tests load ONNX Runtime themselves, not through the module that turns its telemetry off.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    setupFiles: ['dist/test/support/property-runs.js'],
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', ['json', { outputFile: 'dist/test-report.json' }]],
  },
});
