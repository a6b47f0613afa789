import type { RunStatus, WorkerStatus } from '#protocol/run/run-status.js';
import type { UnreadableCounts } from '../pool/unreadable-messages.js';

/** What the gauges of the pool read at each scrape. */
export interface MetricSources {
  workers(): readonly WorkerStatus[];
  outstandingTasks(): number;
  unreadableMessages(): UnreadableCounts;
  runs(): readonly RunStatus[];
}
