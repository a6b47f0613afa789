import { rowsOfShards, shardPlan } from '#data/sampling/shard-plan.js';
import type { ShardRows } from '#encoder/shard-passes.js';
import { towerNames } from '#model/towers/tower-step.js';
import { blobOf, type RowsBlob } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { decodeSafetensors } from '#store/safetensors/safetensors.js';
import { urlOf } from '#store/store-url.js';
import { checkedBytes } from '../checked-blob.js';
import type { RunContext } from '../run-context.js';

/** Rows of the batch that other processes wrote, for the shards of a task. */
export interface BatchRows {
  /** The rows of a shard, [n, d] for each tower of which there are any. */
  of(shard: number): Promise<Partial<ShardRows>>;
}

/**
 * Reads each blob once, when a shard of it is first asked for. Throws STORE_FAILED if a blob does not have its hash or
 * has other rows than its shards. `what`: what the rows are, for error messages.
 */
export function openBatchRows(
  blobs: readonly RowsBlob[],
  what: string,
  { store, config }: Pick<RunContext, 'store' | 'config'>,
): BatchRows {
  const plan = shardPlan(config);
  const d = config.model.embed_dim;
  const read = new Map<RowsBlob, Promise<Partial<ShardRows>>>();
  const rowsIn = async ({ key, hash, shard, shards }: RowsBlob): Promise<Partial<ShardRows>> => {
    const { tensors } = decodeSafetensors(await checkedBytes({ store, key, hash, what }));
    const { size: pairs } = rowsOfShards(plan, shard, shards);
    const rows = towerNames.flatMap((tower) => {
      const tensor = tensors[tower];
      if (!tensor) return [];
      if (tensor.dtype === 'F32' && tensor.data.length === pairs * d) return [[tower, tensor.data] as const];
      throw otherRows(what, urlOf(store, key), `${tower} [${pairs}, ${d}]`, tensor.shape);
    });
    return Object.fromEntries(rows);
  };
  return {
    async of(shard) {
      const blob = blobOf(blobs, shard);
      const reading = read.get(blob) ?? rowsIn(blob);
      read.set(blob, reading);
      const from = plan[shard]!.offset - plan[blob.shard]!.offset;
      const to = from + plan[shard]!.size;
      const rows = Object.entries(await reading);
      return Object.fromEntries(rows.map(([tower, all]) => [tower, all.subarray(from * d, to * d)]));
    },
  };
}

function otherRows(what: string, url: string, expected: string, shape: readonly number[]): TandemError {
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message: `Expected ${what} to be ${expected} as float32 at ${url}, got [${shape.join(', ')}].`,
    help: 'Run coordinator and workers from the same build.',
    retryable: true,
  });
}
