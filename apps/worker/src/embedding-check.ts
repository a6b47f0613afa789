import type { TowerName } from '#model/towers/tower-step.js';
import type { Leaf } from '#protocol/pool/task.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { decodeSafetensors } from '#store/safetensors/safetensors.js';
import { checkedBytes } from './checked-blob.js';
import type { RunContext } from './run-context.js';

/**
 * By how much an element of a unit row may differ when it is computed again: nothing on the same kind of device, and
 * rounding on another.
 */
const tolerances: Readonly<Record<RunConfig['precision'], number>> = {
  float32: 1e-3,
  float16: 2e-2,
  bfloat16: 1e-1,
};

/**
 * Compares embeddings that backprop computes again with those that the shard was encoded to, from which the loss was
 * computed. Throws SHARD_FAILED, worth a retry, if they do not agree: then this worker or the one before computes
 * wrongly.
 */
export async function openEmbeddingCheck(
  {
    embeddingsKey: key,
    embeddingsHash: hash,
    shard,
  }: Pick<Leaf, 'embeddingsKey' | 'embeddingsHash'> & { shard: number },
  { store, config }: Pick<RunContext, 'store' | 'config'>,
): Promise<(tower: TowerName, row: number, rows: Float32Array) => void> {
  const { tensors } = decodeSafetensors(await checkedBytes({ store, key, hash, what: 'the embeddings of the shard' }));
  const d = config.model.embed_dim;
  const tolerance = tolerances[config.precision];
  return (tower, row, rows) => {
    const encoded = tensors[tower]!.data as Float32Array;
    const expected = encoded.subarray(row * d, row * d + rows.length);
    const at = rows.findIndex((value, i) => !(Math.abs(value - expected[i]!) <= tolerance));
    if (at < 0) return;
    throw new TandemError({
      code: ErrorCode.ShardFailed,
      message:
        `Shard ${shard}: expected the ${tower} embedding of row ${row + Math.floor(at / d)} to be computed again ` +
        `as it was encoded, ${expected[at]} at ${at % d}, got ${rows[at]}`,
      help: 'See the memory and the device of this worker, and of the one that encoded the shard.',
      retryable: true,
      context: { shard },
    });
  };
}
