import type { RunConfig } from '#protocol/run/run-config.js';

/** Rows [offset, offset + size) of the batch. */
export interface ShardRange {
  readonly offset: number;
  readonly size: number;
}

/**
 * Cuts the batch of N pairs into shards: either `shards` shards whose sizes differ by at most one, larger ones first,
 * or shards of `shardSize` pairs, the last one smaller if that does not divide N. Depends only on the config (invariant
 * B1).
 */
export function shardPlan({
  batch,
  shards,
  shardSize,
}: Pick<RunConfig, 'batch' | 'shards' | 'shardSize'>): ShardRange[] {
  if (shardSize !== undefined) return rangesOf(batch, shardSize);
  const count = shards ?? 1;
  const [least, larger] = [Math.floor(batch / count), batch % count];
  return Array.from({ length: count }, (_, shard) => ({
    offset: shard * least + Math.min(shard, larger),
    size: least + (shard < larger ? 1 : 0),
  }));
}

/** The rows of `count` neighbouring shards from `first` on. */
export function rowsOfShards(plan: readonly ShardRange[], first: number, count: number): ShardRange {
  const [{ offset }, last] = [plan[first]!, plan[first + count - 1]!];
  return { offset, size: last.offset + last.size - offset };
}

/**
 * Cuts a shard of n pairs into micro-batches of b, given as rows of the shard; the last one is smaller if b does not
 * divide n.
 */
export function microBatchPlan(n: number, { microBatch = n }: Pick<RunConfig, 'microBatch'>): ShardRange[] {
  return rangesOf(n, microBatch);
}

function rangesOf(total: number, size: number): ShardRange[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, index) => ({
    offset: index * size,
    size: Math.min(size, total - index * size),
  }));
}
