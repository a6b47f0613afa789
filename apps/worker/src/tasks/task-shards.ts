import type { Task } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

export interface TaskShard {
  readonly step: number;
  readonly shard: number;
  readonly isLast: boolean;
}

/**
 * The shards of a task, in order. If `stopping` is aborted, throws SHARD_FAILED, worth a retry, before another than the
 * first.
 */
export function* shardsOf({ step, shard: first, shards }: Task, stopping: AbortSignal): Generator<TaskShard> {
  for (let at = 0; at < shards; at++) {
    if (at > 0 && stopping.aborted) throw stopped(first, first + shards - 1);
    yield { step, shard: first + at, isLast: at === shards - 1 };
  }
}

function stopped(first: number, last: number): TandemError {
  return new TandemError({
    code: ErrorCode.ShardFailed,
    message: `The worker is stopping and gives up shards ${first} to ${last}`,
    retryable: true,
  });
}
