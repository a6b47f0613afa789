import { Counter, Gauge, type Registry } from 'prom-client';
import { runStateSchema, workerStatusSchema } from '#protocol/run/run-status.js';
import type { Membership } from '../pool/membership.js';
import { unreadableKinds } from '../pool/unreadable-messages.js';
import type { MetricSources } from './metric-sources.js';

/**
 * Counts of workers and runs by state, of tasks, and of messages that cannot be read. They are read at each scrape; a
 * state that none is in shows 0.
 */
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
  const membership: Readonly<Record<keyof Membership, readonly [name: string, help: string]>> = {
    joined: ['tandem_workers_joined_total', 'Workers that joined the pool.'],
    left: ['tandem_workers_left_total', 'Workers that left the pool, as they said.'],
    lost: ['tandem_workers_lost_total', 'Workers that fell silent; their tasks went to others.'],
    heartbeatsMissed: ['tandem_heartbeats_missed_total', 'Heartbeats that workers owed and that were not seen.'],
  };
  for (const [event, [name, help]] of Object.entries(membership) as [keyof Membership, readonly [string, string]][]) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(sources.membership()[event]);
      },
    });
  }
  new Counter({
    name: 'tandem_unreadable_messages_total',
    help: 'Messages of the pool that could not be read and were left out, by kind; a task by what its worker says.',
    labelNames: ['kind'],
    registers,
    collect() {
      const counts = sources.unreadableMessages();
      this.reset();
      for (const kind of unreadableKinds) this.inc({ kind }, counts[kind]);
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
