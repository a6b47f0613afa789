import { Histogram, type Registry } from 'prom-client';
import { notedStallMs, watchStalls, type Stall } from '#threads/stall-watch.js';

/**
 * How often and for how long the event loop stood still, so that no request, heartbeat or signal had its turn. Tells
 * `onStall` of each. Returns what ends the watch.
 */
export function eventLoopMetrics(registry: Registry, onStall: (stall: Stall) => void): () => void {
  const seconds = new Histogram({
    name: 'tandem_event_loop_stall_seconds',
    help: "Time in which the coordinator's event loop stood still; counted from 0.05 s.",
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const watch = watchStalls(notedStallMs, (stall) => {
    seconds.observe(stall.stallMs / 1000);
    onStall(stall);
  });
  return () => watch.stop();
}
