import { Gauge, type Registry } from 'prom-client';
import { runStateSchema, workerStatusSchema } from '#protocol/run/run-status.js';
import type { MetricSources } from './metric-sources.js';

/** Gauges that count workers and runs by state. They are read at each scrape; a state that none is in shows 0. */
export function poolMetrics(registry: Registry, sources: MetricSources): void {
  const registers = [registry];
  new Gauge({
    name: 'tandem_workers',
    help: 'Workers of the pool, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      countByState(this, workerStatusSchema.shape.state.options, sources.workers());
    },
  });
  new Gauge({
    name: 'tandem_runs',
    help: 'Runs, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      countByState(this, runStateSchema.options, sources.runs());
    },
  });
  new Gauge({
    name: 'tandem_tasks_outstanding',
    help: 'Tasks given out and not answered yet.',
    registers,
    collect() {
      this.set(sources.outstandingTasks());
    },
  });
}

function countByState(
  gauge: Gauge<'state'>,
  states: readonly string[],
  things: readonly { readonly state: string }[],
): void {
  for (const state of states) gauge.set({ state }, things.filter((thing) => thing.state === state).length);
}
