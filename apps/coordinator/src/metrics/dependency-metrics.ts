import { Gauge, type Registry } from 'prom-client';
import type { MetricSources } from './metric-sources.js';

/** Redis and the store: whether they can be used, and how long they take to answer. */
export function dependencyMetrics(
  registry: Registry,
  { parts, freeBytes }: Pick<MetricSources, 'parts' | 'freeBytes'>,
): void {
  const registers = [registry];
  new Gauge({
    name: 'tandem_dependency_probe_seconds',
    help: 'Time of the newest probe: a ping of Redis; a blob written, read and removed in the store.',
    labelNames: ['dependency'],
    registers,
    async collect() {
      for (const [dependency, { probeMs }] of Object.entries(await parts())) this.set({ dependency }, probeMs / 1000);
    },
  });
  new Gauge({
    name: 'tandem_dependency_up',
    help: '1 if Redis (the store) could be used at the newest probe, else 0.',
    labelNames: ['dependency'],
    registers,
    async collect() {
      for (const [dependency, { ok }] of Object.entries(await parts())) this.set({ dependency }, ok ? 1 : 0);
    },
  });
  new Gauge({
    name: 'tandem_store_free_bytes',
    help: 'Room on the disk of a store that is a directory; no value for S3.',
    registers,
    async collect() {
      const bytes = await freeBytes().catch(() => undefined);
      if (bytes === undefined) this.remove();
      else this.set(bytes);
    },
  });
}
