import { Histogram, type Registry } from 'prom-client';
import { watchStalls } from '#threads/stall-watch.js';

/** Shorter ones are not counted: under load the system gives the CPU to others for this long. */
const countedMs = 50;
/** Who waits that long for an answer notices. */
const longMs = 1000;

/**
 * How often and for how long the event loop stood still, so that no request, heartbeat or signal had its turn. Tells
 * `onLongStall` of those of more than a second. Returns what ends the watch.
 */
export function eventLoopMetrics(registry: Registry, onLongStall: (stallMs: number) => void): () => void {
  const seconds = new Histogram({
    name: 'tandem_event_loop_stall_seconds',
    help: "Time in which the coordinator's event loop stood still; counted from 0.05 s.",
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const watch = watchStalls(countedMs, (stallMs) => {
    seconds.observe(stallMs / 1000);
    if (stallMs > longMs) onLongStall(stallMs);
  });
  return () => watch.stop();
}
