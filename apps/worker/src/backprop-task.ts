import { backpropShard, trainableTowers } from '#encoder/shard-passes.js';
import type { BackpropAnswer, BackpropTask, TaskResult } from '#protocol/pool/task.js';
import { hashedPieces } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { checkedBytes } from './checked-blob.js';
import { stashKey } from './encode-task.js';
import { openEmbeddingCheck } from './embedding-check.js';
import type { RunContext } from './run-context.js';
import type { Stopwatch } from './stopwatch.js';

/**
 * The backward pass of a shard: g_s = ∇θ(⟨I_s, dI_s⟩ + ⟨T_s, dT_s⟩), a sum over the shard's n rows. Writes it to the
 * store. Uses the stashes that encode kept on this worker, and repeats the forward pass of the other micro-batches.
 */
export async function backprop(
  task: BackpropTask,
  context: RunContext,
  time: Stopwatch,
): Promise<TaskResult<BackpropAnswer>> {
  const { store, stashes, encoders, config } = context;
  await time('store', () => context.useParameters(task));
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
  const resultKey = runKeys(task.run).step(task.step, task.epoch).gradients(task.shard);
  const written = hashedPieces(context.gradients);
  await time('store', () => store.putPieces(resultKey, written.pieces));
  return { kind: 'backprop', resultKey, resultHash: written.hash(), recomputed };
}
