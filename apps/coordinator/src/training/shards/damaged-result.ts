import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** A blob that is not what its worker wrote. */
export function damagedResult(task: string, url: string): TandemError {
  return new TandemError({
    code: ErrorCode.ShardFailed,
    message: `The result of ${task} at ${url} does not have the sha256 that its worker wrote`,
    help: 'See the disk, the network and the memory of that worker.',
    retryable: true,
  });
}
