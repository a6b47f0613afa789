import { Registry } from 'prom-client';
import { processMetrics } from '#metrics/process-metrics.js';
import type { Stall } from '#threads/stall-watch.js';
import type { Handler } from '../http/admission.js';
import type { RunListener } from '../runs/run-entry.js';
import { dependencyMetrics } from './dependency-metrics.js';
import { httpMetrics } from './http-metrics.js';
import type { MetricSources } from './metric-sources.js';
import { poolMetrics } from './pool-metrics.js';
import { queueMetrics } from './queue-metrics.js';
import { runMetrics } from './run-metrics.js';

/** The coordinator's metrics in Prometheus' text format. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  onChange: RunListener;
  /** Counts the requests that pass it. */
  readonly requests: Handler;
  close(): void;
}

export interface MetricsOptions {
  readonly code: string;
  onStall(stall: Stall): void;
}

/** How many runs have series at once; those of older runs are removed. */
const shownRuns = 20;

export function openMetrics(sources: MetricSources, { code, onStall }: MetricsOptions): Metrics {
  const registry = new Registry();
  const stopWatching = processMetrics(registry, { program: 'coordinator', code, onStall });
  poolMetrics(registry, sources);
  queueMetrics(registry, sources);
  dependencyMetrics(registry, sources);
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    onChange: runMetrics(registry, shownRuns),
    requests: httpMetrics(registry),
    close() {
      stopWatching();
      registry.clear();
    },
  };
}
