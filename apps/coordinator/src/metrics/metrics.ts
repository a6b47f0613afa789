import { Registry, collectDefaultMetrics } from 'prom-client';
import type { RunListener } from '../runs/run-entry.js';
import { eventLoopMetrics } from './event-loop-metrics.js';
import type { MetricSources } from './metric-sources.js';
import { poolMetrics } from './pool-metrics.js';
import { runMetrics } from './run-metrics.js';

/** The coordinator's metrics in Prometheus' text format. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  onChange: RunListener;
  close(): void;
}

/** How many runs have series at once; those of older runs are removed. */
const shownRuns = 20;

/** `onLongStall` hears of the event loop standing still for more than a second. */
export function openMetrics(sources: MetricSources, onLongStall: (stallMs: number) => void): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  poolMetrics(registry, sources);
  const stopWatching = eventLoopMetrics(registry, onLongStall);
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    onChange: runMetrics(registry, shownRuns),
    close() {
      stopWatching();
      registry.clear();
    },
  };
}
