import { towerNames, type TowerName } from '#model/towers/tower-step.js';
import type { BackpropAnswer, BackpropTask } from '#protocol/task.js';
import { runKeys } from '#store/run/keys.js';
import { decodeFloat32, type Float32Tensor } from '#store/safetensors/safetensors.js';
import { stashKey } from './encode-shard.js';
import type { RunContext } from './run-context.js';
import type { ShardSamples } from '#encoder/shard-samples.js';
import type { KeptPart } from '#encoder/stash-cache.js';
import type { Stopwatch } from './stopwatch.js';
import type { DoneBy } from './done-by.js';

/**
 * g_s = ∇θ(⟨I_s, dI_s⟩ + ⟨T_s, dT_s⟩), a sum over the shard's rows. Takes up where encode left off in the micro-batches
 * whose stash this worker still holds; does the forward pass of the others again, which gives the same bits.
 */
export async function backpropShard(task: BackpropTask, context: RunContext, time: Stopwatch): Promise<DoneBy<BackpropAnswer>> {
  const { store, stashes } = context;
  await time('store', () => context.useParameters(task));
  const embeddingGradients = decodeFloat32(await time('store', () => store.get(task.gradientsKey)));
  const kept = stashes.get(stashKey(task));
  const samples = kept?.samples ?? (await time('load', () => context.samples.load(task)));
  const parts = kept?.parts ?? [];
  const recomputed = parts.length < trainedTowers(context).length * samples.micro.length;
  await time('compute', () => backprop(samples, parts, embeddingGradients, context).finally(() => stashes.drop(stashKey(task))));
  const resultKey = runKeys(task.run).step(task.step).gradients(task.shard);
  await time('store', () => store.putPieces(resultKey, context.gradients));
  return { kind: 'backprop', resultKey, recomputed };
}

/** Leaves the sums in the towers. A stash that is made again is gone before the next is made. */
async function backprop({ micro }: ShardSamples, parts: readonly KeptPart[], of: Readonly<Record<string, Float32Tensor>>, context: RunContext): Promise<void> {
  const d = context.config.model.embed_dim;
  for (const name of trainedTowers(context)) {
    const tower = context[name];
    await tower.clearGradients();
    let row = 0;
    for (const [at, { [name]: batch }] of micro.entries()) {
      const end = row + batch.shape[0]!;
      const kept = parts.find((part) => part.tower === name && part.index === at)?.stash;
      const stash = kept ?? (await tower.forward(batch)).stash;
      try {
        await tower.backward(batch, of[name]!.data.subarray(row * d, end * d), stash);
      } finally {
        if (!kept) await stash.dispose();
      }
      row = end;
    }
  }
}

function trainedTowers(context: RunContext): TowerName[] {
  return towerNames.filter((name) => context[name].isTrainable);
}
