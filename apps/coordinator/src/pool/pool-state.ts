import { heartbeatMs, type WorkerRecord } from '#protocol/pool/presence.js';
import type { Task } from '#protocol/pool/task.js';

/** Who may take a task: any worker, or one worker, such as the one that holds the shard's stash. */
export type Addressee = { readonly kind: 'any' } | { readonly kind: 'worker'; readonly id: string };

/** A task that was sent out and is not answered yet. It may be out several times at once, each time as another job. */
export interface OutstandingTask {
  readonly id: string;
  readonly task: Task;
  readonly to: Addressee;
  /** The name of its job. No other sending of the task has it: a queue ignores a job whose name it has. */
  readonly job: string;
  /** Counts from 1 to `attempts`: then the task is given up. Copies of a straggler are no attempts. */
  readonly attempt: number;
  readonly attempts: number;
}

/** Where an outstanding task is: waiting in its queue, held by a worker, or no longer known to the transport. */
export type TaskLocation =
  { readonly kind: 'waiting' } | { readonly kind: 'held'; readonly worker: string } | { readonly kind: 'missing' };

/** A worker, as its newest record shows it. */
export interface SeenWorker {
  readonly record: WorkerRecord;
  /** When its heartbeat count last changed, by the coordinator's observed clock. */
  readonly lastSeenMs: number;
  /** The same in milliseconds since 1970, for people. */
  readonly lastSeenAt: number;
}

export interface PoolState {
  readonly workers: ReadonlyMap<string, SeenWorker>;
  readonly outstanding: readonly OutstandingTask[];
  /** By the names of jobs. */
  readonly locations: ReadonlyMap<string, TaskLocation>;
  /** The tasks that were already missing at the previous tick. */
  readonly missingBefore: ReadonlySet<OutstandingTask>;
}

/**
 * Heartbeats that these workers owed between two moments of the observed clock and that were not seen. One may be under
 * way while the records are read, so the first that is late is not counted.
 */
export function missedHeartbeats(workers: PoolState['workers'], fromMs: number, toMs: number): number {
  const owed = (silentMs: number): number => Math.max(0, Math.floor(silentMs / heartbeatMs) - 1);
  return [...workers.values()]
    .map(({ lastSeenMs }) => owed(toMs - lastSeenMs) - owed(fromMs - lastSeenMs))
    .reduce((sum, missed) => sum + missed, 0);
}

/** The workers, updated from records just read. A worker counts as seen now only if its heartbeat count has changed. */
export function seeWorkers(
  workers: PoolState['workers'],
  records: readonly WorkerRecord[],
  nowMs: number,
  timeMs = nowMs,
): Map<string, SeenWorker> {
  return new Map(
    records.map((record) => {
      const known = workers.get(record.id);
      const isNews = !known || known.record.beat !== record.beat || known.record.startedAt !== record.startedAt;
      const seen = isNews ? { lastSeenMs: nowMs, lastSeenAt: timeMs } : known;
      return [record.id, { ...seen, record }];
    }),
  );
}
