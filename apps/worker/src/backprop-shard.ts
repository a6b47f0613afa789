import type { BackpropAnswer, BackpropTask } from '#protocol/task.js';
import { runKeys } from '#store/keys.js';
import { decodeFloat32, type Float32Tensor } from '#store/safetensors.js';
import { encode, stashKey } from './encode-shard.js';
import type { RunContext } from './run-context.js';
import { release, type KeptShard } from './stash-cache.js';
import type { Stopwatch } from './stopwatch.js';
import type { DoneBy } from './done-by.js';

/**
 * g_s = ∇θ(⟨I_s, dI_s⟩ + ⟨T_s, dT_s⟩), a sum over the shard's rows. Takes up where encode left off if this worker still
 * holds the shard's stash; else does the forward pass again, which gives the same bits.
 */
export async function backpropShard(task: BackpropTask, context: RunContext, time: Stopwatch): Promise<DoneBy<BackpropAnswer>> {
  await time('store', () => context.useParameters(task));
  const embeddingGradients = decodeFloat32(await time('store', () => context.store.get(task.gradientsKey)));
  const held = context.stashes.take(stashKey(task));
  const kept = held ?? (await redoForward(task, context, time));
  await time('compute', () => backprop(kept, embeddingGradients, context));
  const resultKey = runKeys(task.run).step(task.step).gradients(task.shard);
  await time('store', () => context.store.put(resultKey, context.gradients.bytes));
  return { kind: 'backprop', resultKey, recomputed: held === undefined };
}

async function redoForward(task: BackpropTask, context: RunContext, time: Stopwatch): Promise<KeptShard> {
  const samples = await time('load', () => context.samples.load(task));
  return (await time('compute', () => encode(samples, context))).kept;
}

async function backprop(kept: KeptShard, of: Readonly<Record<string, Float32Tensor>>, { image, text, config, gradients }: RunContext): Promise<void> {
  const d = config.model.embed_dim;
  await Promise.all([image.clearGradients(), text.clearGradients()]);
  let row = 0;
  for (const batch of kept.micro) {
    const end = row + batch.images.shape[0]!;
    await image.backward(batch.images, of['image']!.data.subarray(row * d, end * d), batch.image);
    await text.backward(batch.tokens, of['text']!.data.subarray(row * d, end * d), batch.text);
    row = end;
  }
  await release(kept);
  await Promise.all([image.readGradients(gradients.values), text.readGradients(gradients.values)]);
}
