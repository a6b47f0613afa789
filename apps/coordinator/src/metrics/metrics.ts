import { Registry, collectDefaultMetrics } from 'prom-client';
import type { Stall } from '#threads/stall-watch.js';
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

/** `onStall` hears of each time that the event loop stood still. */
export function openMetrics(sources: MetricSources, onStall: (stall: Stall) => void): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  poolMetrics(registry, sources);
  const stopWatching = eventLoopMetrics(registry, onStall);
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
