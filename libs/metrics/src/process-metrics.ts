import { Gauge, Histogram, collectDefaultMetrics, type Registry } from 'prom-client';
import { notedStallMs, watchStalls, type Stall } from '#threads/stall-watch.js';

export interface ProcessFacts {
  readonly program: 'coordinator' | 'worker';
  /** Of the build: package version and hash. */
  readonly code: string;
  /** Hears of each time that the event loop stood still. */
  onStall(stall: Stall): void;
}

/**
 * What every program of Tandem tells of itself: its build, CPU, memory and garbage collection, and how often and for
 * how long its event loop stood still, so that no request, heartbeat or signal had its turn. Returns what ends the
 * watch.
 */
export function processMetrics(registry: Registry, { program, code, onStall }: ProcessFacts): () => void {
  collectDefaultMetrics({ register: registry });
  // By Prometheus' conventions only counters end in _total. The same numbers are there by type.
  for (const gauge of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${gauge}_total`);
  const registers = [registry];
  new Gauge({
    name: 'tandem_build_info',
    help: 'Always 1; the labels say which build runs.',
    labelNames: ['program', 'code', 'node'],
    registers,
  }).set({ program, code, node: process.versions.node }, 1);
  const seconds = new Histogram({
    name: 'tandem_event_loop_stall_seconds',
    help: 'Time in which the event loop stood still; counted from 0.05 s.',
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const watch = watchStalls(notedStallMs, (stall) => {
    seconds.observe(stall.stallMs / 1000);
    onStall(stall);
  });
  return () => watch.stop();
}
