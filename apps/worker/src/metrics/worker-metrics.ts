import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { processMetrics, type ProcessFacts } from '#metrics/process-metrics.js';
import type { Answer } from '#protocol/pool/task.js';

/** A worker's metrics in Prometheus' text format. */
export interface WorkerMetrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** Notes the memory of the device that the worker computes on. */
  computesIn(memoryBytes: number | null): void;
  /** Notes the answer to a task. */
  done(answer: Answer): void;
}

/** `trouble` says why the worker takes no tasks, or null if it does. */
export function openWorkerMetrics(facts: Omit<ProcessFacts, 'program'>, trouble: () => string | null): WorkerMetrics {
  const registry = new Registry();
  const registers = [registry];
  processMetrics(registry, { program: 'worker', ...facts });
  new Gauge({
    name: 'tandem_worker_ready',
    help: '1 if the worker takes tasks, 0 if it waits for a coordinator, for Redis or for the store.',
    registers,
    collect() {
      this.set(trouble() === null ? 1 : 0);
    },
  });
  const memory = new Gauge({
    name: 'tandem_worker_device_memory_bytes',
    help: 'Memory of the device that the worker computes on: of its GPU, or of the machine; 0 if it is not known.',
    registers,
  });
  const tasks = new Counter({
    name: 'tandem_worker_tasks_total',
    help: 'Tasks that were answered, by kind; failed ones go to others.',
    labelNames: ['kind'],
    registers,
  });
  for (const kind of ['encode', 'backprop', 'features', 'download', 'count', 'failed'] satisfies Answer['kind'][])
    tasks.inc({ kind }, 0);
  const seconds = new Histogram({
    name: 'tandem_worker_task_seconds',
    help: 'Time of a task: waiting for its samples (load), computing, and reading and writing the store.',
    labelNames: ['kind', 'phase'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
    registers,
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    computesIn: (memoryBytes) => memory.set(memoryBytes ?? 0),
    done(answer) {
      const { kind } = answer;
      tasks.inc({ kind });
      if (kind === 'failed') return;
      seconds.observe({ kind, phase: 'load' }, answer.loadMs / 1000);
      seconds.observe({ kind, phase: 'compute' }, answer.computeMs / 1000);
      seconds.observe({ kind, phase: 'store' }, answer.storeMs / 1000);
    },
  };
}
