import { backpropShard, trainableTowers } from '#encoder/shard-passes.js';
import type { BackpropAnswer, BackpropTask, Leaf, TaskResult } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { hashedPieces } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { checkedBytes } from './checked-blob.js';
import { stashKey } from './encode-task.js';
import { openEmbeddingCheck } from './embedding-check.js';
import type { RunContext } from './run-context.js';
import type { Stopwatch } from './stopwatch.js';

/** One shard of a backprop task. */
type ShardTask = Omit<BackpropTask, 'leaves'> & Leaf;

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
  await context.useParameters(task);
  const count = task.leaves.length;
  const sum = context.sums.open(task.shard, count);
  let recomputed = false;
  try {
    for (const [at, leaf] of task.leaves.entries()) {
      const shard = task.shard + at;
      const isLast = at === count - 1;
      if (at > 0 && stopping.aborted) throw stopped(task);
      if (!isLast && !stashes.get(stashKey({ step: task.step, shard: shard + 1 })))
        samples.loadAhead({ step: task.step, shard: shard + 1 });
      recomputed = (await differentiate({ ...task, ...leaf, shard }, context, time)) || recomputed;
      if (!isLast) await time('compute', () => sum.add());
    }
    const resultKey = runKeys(task.run).step(task.step, task.epoch).gradients(task.shard, count, context.worker);
    const written = hashedPieces(sum.write());
    await time('store', () => store.putPieces(resultKey, written.pieces));
    const nonFinite = sum.nonFinite();
    return {
      kind: 'backprop',
      resultKey,
      resultHash: written.hash(),
      shards: count,
      recomputed,
      ...(nonFinite && { nonFinite }),
    };
  } finally {
    sum.close();
  }
}

/** Leaves the gradient of a shard in the encoders. Returns whether part of its forward pass was repeated. */
async function differentiate(task: ShardTask, context: RunContext, time: Stopwatch): Promise<boolean> {
  const { store, stashes, encoders, config } = context;
  const { gradientsKey: key, gradientsHash: hash } = task;
  const gradients = float32Values(
    await time('store', () => checkedBytes({ store, key, hash, what: 'the gradients of the embeddings' })),
  );
  const kept = stashes.get(stashKey(task));
  const samples = kept?.samples ?? (await time('load', () => context.samples.load(task)));
  const parts = kept?.parts ?? [];
  const recomputed = parts.length < trainableTowers(encoders).length * samples.micro.length;
  const check = recomputed ? await time('store', () => openEmbeddingCheck(task, context)) : undefined;
  await time('compute', () =>
    backpropShard(encoders, config.model.embed_dim, samples, gradients, parts, check).finally(() =>
      stashes.drop(stashKey(task)),
    ),
  );
  return recomputed;
}

function stopped({ shard, leaves }: BackpropTask): TandemError {
  return new TandemError({
    code: ErrorCode.ShardFailed,
    message: `The worker is stopping and gives up the sum over shards ${shard} to ${shard + leaves.length - 1}`,
    retryable: true,
  });
}
