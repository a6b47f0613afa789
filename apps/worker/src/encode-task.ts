import { pairHashBytes } from '#data/dataset/pair-hash.js';
import { encodeShard } from '#encoder/shard-passes.js';
import { keysOf, maskedBy } from '#model/loss/false-negatives.js';
import type { EncodeAnswer, EncodeTask, TaskResult } from '#protocol/pool/task.js';
import { runKeys } from '#store/run/keys.js';
import { encodeSafetensors } from '#store/safetensors/safetensors.js';
import type { RunContext } from './run-context.js';
import type { Stopwatch } from './stopwatch.js';

/**
 * I_s, T_s = encode(θ, shard s). Writes both, [n, d] with rows of unit length, to the store, with the hashes of
 * captions and images by which the loss leaves out pairs, if it does; keeps what backprop of the same shard will need,
 * as far as the budget goes.
 */
export async function encode(
  task: EncodeTask,
  context: RunContext,
  time: Stopwatch,
): Promise<TaskResult<EncodeAnswer>> {
  const { store, stashes, config, encoders } = context;
  const d = config.model.embed_dim;
  await time('store', () => context.useParameters(task));
  await stashes.drop(stashKey(task)); // A shard may be asked for again.
  const samples = await time('load', () => context.samples.load(task));
  const rows = await time('compute', () =>
    encodeShard(encoders, d, samples, (part) => stashes.keep(stashKey(task), samples, part)),
  );
  const resultKey = runKeys(task.run).step(task.step).embeddings(task.shard);
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
  await time('store', () => store.put(resultKey, blob));
  return { kind: 'encode', resultKey, pairs: samples.pairs, skipped: [...samples.skipped] };
}

/** Name of a shard's stash; the same for both passes. */
export function stashKey({ step, shard }: { readonly step: number; readonly shard: number }): string {
  return `${step}/${shard}`;
}
