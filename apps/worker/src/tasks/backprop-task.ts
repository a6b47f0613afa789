import { backpropShard, trainableTowers } from '#encoder/shard-passes.js';
import type { BackpropAnswer, BackpropTask, TaskResult } from '#protocol/pool/task.js';
import { hashedPieces } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import type { RunContext } from '../run-context.js';
import { openBatchRows, type BatchRows } from './batch-rows.js';
import { embeddingCheck } from './embedding-check.js';
import { stashKey } from './encode-task.js';
import type { Stopwatch } from './stopwatch.js';
import { shardsOf, type TaskShard } from './task-shards.js';

/** What the backward pass of a task needs besides its samples, for all shards of the task. */
interface TaskRows {
  readonly gradients: BatchRows;
  readonly embeddings: BatchRows;
}

/**
 * The backward pass of the task's shards: Σ_s g_s, in the order of the reduction tree. Here g_s = ∇θ(⟨I_s, dI_s⟩ +
 * ⟨T_s, dT_s⟩), a sum over the shard's n rows. Writes the sum over the shards to the store. Uses the stashes that
 * encode kept on this worker, and repeats the forward pass of the other micro-batches. If `stopping` is aborted, throws
 * SHARD_FAILED, worth a retry, before it begins another shard.
 */
export async function backprop(
  task: BackpropTask,
  context: RunContext,
  time: Stopwatch,
  stopping: AbortSignal,
): Promise<TaskResult<BackpropAnswer>> {
  const { store, stashes, samples } = context;
  await time('parameters', () => context.useParameters(task));
  const rows = {
    gradients: openBatchRows([task.gradients], 'the gradients of the embeddings', context),
    embeddings: openBatchRows(task.embeddings, 'the embeddings', context),
  };
  const sum = context.sums.open(task.shard, task.shards);
  let recomputed = false;
  try {
    for (const at of shardsOf(task, stopping)) {
      const next = { step: at.step, shard: at.shard + 1 };
      if (!at.isLast && !stashes.get(stashKey(next))) samples.loadAhead(next);
      recomputed = (await differentiate(at, rows, context, time)) || recomputed;
      if (!at.isLast) await time('compute', () => sum.add());
    }
    const resultKey = runKeys(task.run).step(task.step, task.epoch).gradients(task.shard, task.shards, context.worker);
    const written = hashedPieces(sum.write());
    await time('store', () => store.putPieces(resultKey, written.pieces));
    const nonFinite = sum.nonFinite();
    return { kind: 'backprop', resultKey, resultHash: written.hash(), recomputed, ...(nonFinite && { nonFinite }) };
  } finally {
    sum.close();
  }
}

/** Leaves the gradient of a shard in the encoders. Returns whether part of its forward pass was repeated. */
async function differentiate(at: TaskShard, rows: TaskRows, context: RunContext, time: Stopwatch): Promise<boolean> {
  const { stashes, encoders, config } = context;
  const gradients = await time('store', () => rows.gradients.of(at.shard));
  const kept = stashes.get(stashKey(at));
  const samples = kept?.samples ?? (await time('load', () => context.samples.load(at)));
  const parts = kept?.parts ?? [];
  const recomputed = parts.length < trainableTowers(encoders).length * samples.micro.length;
  const encoded = recomputed ? await time('store', () => rows.embeddings.of(at.shard)) : undefined;
  const check = encoded && embeddingCheck(at.shard, encoded, config);
  await time('compute', () =>
    backpropShard(encoders, config.model.embed_dim, samples, gradients, parts, check).finally(() =>
      stashes.drop(stashKey(at)),
    ),
  );
  return recomputed;
}
