import type { EncodeAnswer, EncodeTask } from '#protocol/task.js';
import { runKeys } from '#store/keys.js';
import { encodeFloat32 } from '#store/safetensors.js';
import type { RunContext } from './run-context.js';
import type { ShardSamples } from './shard-samples.js';
import type { KeptMicroBatch, KeptShard } from './stash-cache.js';
import type { Stopwatch } from './stopwatch.js';
import type { DoneBy } from './done-by.js';

/**
 * I_s, T_s = encode(θ, shard s). Writes both, [n, d] with rows of unit length, to the store, and keeps what backprop of
 * the same shard will need.
 */
export async function encodeShard(task: EncodeTask, context: RunContext, time: Stopwatch): Promise<DoneBy<EncodeAnswer>> {
  await time('store', () => context.useParameters(task));
  const samples = await time('load', () => context.samples.load(task));
  const { images, texts, kept } = await time('compute', () => encode(samples, context));
  const { embed_dim: d } = context.config.model;
  const resultKey = runKeys(task.run).step(task.step).embeddings(task.shard);
  const shape = [samples.pairs, d];
  await time('store', () => context.store.put(resultKey, encodeFloat32({ image: { shape, data: images }, text: { shape, data: texts } })));
  await context.stashes.keep(stashKey(task), kept);
  return { kind: 'encode', resultKey, pairs: samples.pairs, skipped: [...samples.skipped] };
}

/** Name of a shard's stash; the same for both passes. */
export function stashKey({ step, shard }: { readonly step: number; readonly shard: number }): string {
  return `${step}/${shard}`;
}

/** The forward pass over a shard, micro-batch by micro-batch. */
export async function encode({ pairs, micro }: ShardSamples, { image, text, config }: RunContext): Promise<{ images: Float32Array; texts: Float32Array; kept: KeptShard }> {
  const d = config.model.embed_dim;
  const [images, texts] = [new Float32Array(pairs * d), new Float32Array(pairs * d)];
  const kept: KeptMicroBatch[] = [];
  let [row, bytes] = [0, 0];
  for (const batch of micro) {
    const b = batch.images.shape[0]!;
    const [forImages, forTexts] = [await image.forward(batch.images), await text.forward(batch.tokens)];
    images.set(forImages.rows, row * d);
    texts.set(forTexts.rows, row * d);
    kept.push({ ...batch, image: forImages.stash, text: forTexts.stash });
    bytes += (await image.stashBytes(b)) + (await text.stashBytes(b)) + batch.images.data.byteLength + batch.tokens.data.byteLength;
    row += b;
  }
  return { images, texts, kept: { micro: kept, bytes } };
}
