import type { RunStatus, WorkerStatus } from '#protocol/run/run-status.js';
import type { PartHealth } from '../http/readiness.js';
import type { Membership } from '../pool/membership.js';
import type { UnreadableCounts } from '../pool/unreadable-messages.js';

/** What the metrics read at each scrape. */
export interface MetricSources {
  workers(): readonly WorkerStatus[];
  membership(): Membership;
  outstandingTasks(): number;
  unreadableMessages(): UnreadableCounts;
  runs(): readonly RunStatus[];
  /** Jobs in the queues of the pool. Rejects if Redis does not answer. */
  queuedJobs(): Promise<QueuedJobs>;
  /** Redis and the store, as readiness sees them. */
  parts(): Promise<Readonly<Record<string, PartHealth>>>;
  /** Bytes that are free where the coordinator keeps its runs; undefined if nobody can know. */
  freeBytes(): Promise<number | undefined>;
}

/** By queue: jobs that wait, and jobs that are being done. */
export type QueuedJobs = Readonly<Record<'tasks' | 'answers', { readonly waiting: number; readonly active: number }>>;
