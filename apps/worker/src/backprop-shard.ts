import { towerNames } from '#model/tower-step.js';
import type { BackpropAnswer, BackpropTask } from '#protocol/task.js';
import { runKeys } from '#store/keys.js';
import { decodeFloat32, type Float32Tensor } from '#store/safetensors.js';
import { stashKey } from './encode-shard.js';
import type { RunContext } from './run-context.js';
import type { ShardSamples } from './shard-samples.js';
import type { KeptShard } from './stash-cache.js';
import type { Stopwatch } from './stopwatch.js';
import type { DoneBy } from './done-by.js';

/**
 * g_s = ∇θ(⟨I_s, dI_s⟩ + ⟨T_s, dT_s⟩), a sum over the shard's rows. Takes up where encode left off if this worker still
 * holds the shard's stash; else does the forward pass again, which gives the same bits.
 */
export async function backpropShard(task: BackpropTask, context: RunContext, time: Stopwatch): Promise<DoneBy<BackpropAnswer>> {
  const { store, stashes } = context;
  await time('store', () => context.useParameters(task));
  const embeddingGradients = decodeFloat32(await time('store', () => store.get(task.gradientsKey)));
  const kept = stashes.get(stashKey(task));
  try {
    const samples = kept?.samples ?? (await time('load', () => context.samples.load(task)));
    await time('compute', () => backprop(samples, kept?.stashes, embeddingGradients, context));
  } finally {
    await stashes.drop(stashKey(task));
  }
  const resultKey = runKeys(task.run).step(task.step).gradients(task.shard);
  await time('store', () => store.putPieces(resultKey, context.gradients));
  return { kind: 'backprop', resultKey, recomputed: kept === undefined };
}

/** Leaves the sums in the towers. Without stashes one micro-batch's at a time is made again. */
async function backprop({ micro }: ShardSamples, stashes: KeptShard['stashes'] | undefined, of: Readonly<Record<string, Float32Tensor>>, context: RunContext): Promise<void> {
  const d = context.config.model.embed_dim;
  for (const tower of towerNames) {
    const { clearGradients, forward, backward } = context[tower];
    await clearGradients();
    let row = 0;
    for (const [index, { [tower]: batch }] of micro.entries()) {
      const end = row + batch.shape[0]!;
      const rowGradients = of[tower]!.data.subarray(row * d, end * d);
      const kept = stashes?.[tower][index];
      const stash = kept ?? (await forward(batch)).stash;
      try {
        await backward(batch, rowGradients, stash);
      } finally {
        if (!kept) await stash.dispose();
      }
      row = end;
    }
  }
}
