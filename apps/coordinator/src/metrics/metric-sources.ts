import type { RunStatus, WorkerStatus } from '#protocol/run/run-status.js';

/** What the gauges read at each scrape. */
export interface MetricSources {
  workers(): readonly WorkerStatus[];
  outstandingTasks(): number;
  runs(): readonly RunStatus[];
}
