import type { FreeMemory } from '#engine/devices/free-memory.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { byteSize } from './byte-size.js';

/** The parameters as they are read, as the engine holds them and as it prepares them. Measured: 2.4 to 3.3. */
const copiesOfParameters = 3;
/** The engine itself, activations and an image. */
const besidesBytes = 256 * 2 ** 20;

/** Throws CONFLICT where the free memory cannot hold one more model, whose parameters take so many bytes. */
export function checkModelRoom(parameterBytes: number, { availableBytes, limit }: FreeMemory): void {
  const neededBytes = copiesOfParameters * parameterBytes + besidesBytes;
  if (neededBytes <= availableBytes) return;
  throw new TandemError({
    code: ErrorCode.Conflict,
    message:
      `Checkpoint: expected ${byteSize(neededBytes)} of free memory to open a model of ${byteSize(parameterBytes)}, ` +
      `the coordinator's ${limit} has ${byteSize(availableBytes)}`,
    help: 'Try again when fewer runs train, or download the checkpoint and use it with `tandem` on another machine.',
    retryable: true,
  });
}
