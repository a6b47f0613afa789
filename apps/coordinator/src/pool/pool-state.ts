import type { WorkerRecord } from '#protocol/pool/presence.js';
import type { Task } from '#protocol/pool/task.js';

/** To whom a task was given: whoever takes it first, or the one worker that holds the shard's stash. */
export type Addressee = { readonly kind: 'any' } | { readonly kind: 'worker'; readonly id: string };

/** A task given out and not answered yet. */
export interface OutstandingTask {
  readonly id: string;
  readonly task: Task;
  readonly to: Addressee;
  /** Counts from 1. */
  readonly attempt: number;
}

/** Where a task given out is: with nobody yet, with a worker, or forgotten by the transport. */
export type TaskLocation =
  { readonly kind: 'waiting' } | { readonly kind: 'held'; readonly worker: string } | { readonly kind: 'missing' };

/** A worker as it was last heard of. */
export interface SeenWorker {
  readonly record: WorkerRecord;
  /** When its beat last changed, by the coordinator's clock. */
  readonly lastSeenMs: number;
}

export interface PoolState {
  readonly workers: ReadonlyMap<string, SeenWorker>;
  readonly outstanding: ReadonlyMap<string, OutstandingTask>;
  readonly location: ReadonlyMap<string, TaskLocation>;
  /** Tasks that were missing at the last look already. */
  readonly missingBefore: ReadonlySet<OutstandingTask>;
}

/** The workers after their records were read again; a worker is as old as its last new beat. */
export function seeWorkers(
  workers: PoolState['workers'],
  records: readonly WorkerRecord[],
  nowMs: number,
): Map<string, SeenWorker> {
  return new Map(
    records.map((record) => {
      const known = workers.get(record.id);
      const isNews = !known || known.record.beat !== record.beat || known.record.startedAt !== record.startedAt;
      return [record.id, { record, lastSeenMs: isNews ? nowMs : known.lastSeenMs }];
    }),
  );
}
