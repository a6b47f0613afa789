import { pairHashBytes } from '#data/dataset/pair-hash.js';
import { encodeShard } from '#encoder/shard-passes.js';
import { keysOf, maskedBy } from '#model/loss/false-negatives.js';
import type { EncodeAnswer, EncodeTask, TaskResult } from '#protocol/pool/task.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import { encodeSafetensors } from '#store/safetensors/safetensors.js';
import type { RunContext } from './run-context.js';
import type { Stopwatch } from './stopwatch.js';

/**
 * The forward pass of a shard: I_s, T_s = encode(θ, shard s), each [n, d] with unit rows, written to the store. If the
 * loss masks false negatives, the hashes of captions and images are written too. Keeps a stash of the activations that
 * backprop of this shard will need, for as many micro-batches as the memory budget allows.
 */
export async function encode(
  task: EncodeTask,
  context: RunContext,
  time: Stopwatch,
): Promise<TaskResult<EncodeAnswer>> {
  const { store, stashes, config, encoders } = context;
  const d = config.model.embed_dim;
  await context.useParameters(task);
  context.sums.expectShard(task.step);
  await stashes.drop(stashKey(task)); // This worker may have encoded the shard before, if its first answer was lost.
  const samples = await time('load', () => context.samples.load(task));
  const rows = await time('compute', () =>
    encodeShard(encoders, d, samples, (part) => stashes.keep(stashKey(task), samples, part)),
  );
  const resultKey = runKeys(task.run).step(task.step, task.epoch).embeddings(task.shard, context.worker);
  const shape = [samples.pairs, d];
  const hashes = maskedBy(config.loss).map(
    (mask) =>
      [keysOf[mask], { dtype: 'U8', shape: [samples.pairs, pairHashBytes], data: samples.keys[keysOf[mask]] }] as const,
  );
  const blob = encodeSafetensors({
    image: { dtype: 'F32', shape, data: rows.image },
    text: { dtype: 'F32', shape, data: rows.text },
    ...Object.fromEntries(hashes),
  });
  const [resultHash] = await Promise.all([contentHash(blob), time('store', () => store.put(resultKey, blob))]);
  const { pairs, skipped, longCaptions } = samples;
  return { kind: 'encode', resultKey, resultHash, pairs, skipped: [...skipped], longCaptions };
}

/** The name of a shard's stash, which both passes use. */
export function stashKey({ step, shard }: { readonly step: number; readonly shard: number }): string {
  return `${step}/${shard}`;
}
