import type { ShardAnswer } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Throws SHARD_FAILED unless the result that an answer names is among the blobs of its run's steps. */
export function checkOwnResult({ taskId, resultKey }: ShardAnswer, stepsPrefix: string): void {
  if (resultKey.startsWith(stepsPrefix)) return;
  throw new TandemError({
    code: ErrorCode.ShardFailed,
    message: `Expected the result of ${taskId} below ${stepsPrefix}, got ${JSON.stringify(resultKey.slice(0, 200))}`,
    help: 'No worker writes there. See who else can write to Redis.',
    retryable: true,
  });
}

/** A blob that is not what its worker wrote. */
export function damagedResult(task: string, url: string): TandemError {
  return new TandemError({
    code: ErrorCode.ShardFailed,
    message: `The result of ${task} at ${url} does not have the sha256 that its worker wrote`,
    help: 'See the disk, the network and the memory of that worker.',
    retryable: true,
  });
}
