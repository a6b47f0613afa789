import type { ShardRows } from '#encoder/shard-passes.js';
import type { TowerName } from '#model/towers/tower-step.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

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
 * computed. The function that it returns throws SHARD_FAILED, worth a retry, if they do not agree: then this worker or
 * the one before computes wrongly.
 */
export function embeddingCheck(
  shard: number,
  encoded: Partial<ShardRows>,
  { model: { embed_dim: d }, precision }: Pick<RunConfig, 'model' | 'precision'>,
): (tower: TowerName, row: number, rows: Float32Array) => void {
  const tolerance = tolerances[precision];
  return (tower, row, rows) => {
    const expected = encoded[tower]!.subarray(row * d, row * d + rows.length);
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
