import { Gauge, type Registry } from 'prom-client';
import type { MetricSources } from './metric-sources.js';

/**
 * Jobs in the queues that all workers share. They are what to scale workers by, waiting and active together: those that
 * wait are few while every worker is busy. There is no value while Redis does not answer.
 */
export function queueMetrics(registry: Registry, { queuedJobs }: Pick<MetricSources, 'queuedJobs'>): void {
  new Gauge({
    name: 'tandem_queue_jobs',
    help: 'Jobs in the queues of the pool, by state. Queues of single workers, for backprop tasks, do not count.',
    labelNames: ['queue', 'state'],
    registers: [registry],
    async collect() {
      this.reset();
      const queues = await queuedJobs().catch(() => undefined);
      for (const [queue, { waiting, active }] of Object.entries(queues ?? {})) {
        this.set({ queue, state: 'waiting' }, waiting);
        this.set({ queue, state: 'active' }, active);
      }
    },
  });
}
