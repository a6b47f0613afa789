import { pairHashBytes } from '#data/dataset/pair-hash.js';
import { rowsOfShards, shardPlan } from '#data/sampling/shard-plan.js';
import { encodeShard } from '#encoder/shard-passes.js';
import { towerNames } from '#model/towers/tower-step.js';
import { keysOf, maskedBy } from '#model/loss/false-negatives.js';
import type { EncodeAnswer, EncodeTask, TaskResult } from '#protocol/pool/task.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import { allocateSafetensors, type SafetensorsBlob } from '#store/safetensors/safetensors.js';
import type { RunContext } from '../run-context.js';
import type { Stopwatch } from './stopwatch.js';
import { shardsOf } from './task-shards.js';

/**
 * The forward pass of the task's shards: I_s, T_s = encode(θ, shard s), each [n, d] with unit rows. Writes the rows of
 * all shards to the store, in one blob. If the loss masks false negatives, the hashes of captions and images are in it
 * too. Keeps a stash of the activations that backprop of the shards will need, for as many micro-batches as the memory
 * budget allows. If `stopping` is aborted, throws SHARD_FAILED, worth a retry, before it begins another shard.
 */
export async function encode(
  task: EncodeTask,
  context: RunContext,
  time: Stopwatch,
  stopping: AbortSignal,
): Promise<TaskResult<EncodeAnswer>> {
  const { store, stashes, config, encoders } = context;
  const d = config.model.embed_dim;
  await time('parameters', () => context.useParameters(task));
  context.sums.expectShards(task.step, task.shards);
  const { size: pairs } = rowsOfShards(shardPlan(config), task.shard, task.shards);
  const { bytes, tensors } = openRows(pairs, config);
  const skipped: EncodeAnswer['skipped'] = [];
  let [row, longCaptions] = [0, 0];
  for (const at of shardsOf(task, stopping)) {
    const name = stashKey(at);
    await stashes.drop(name); // This worker may have encoded the shard before, if its first answer was lost.
    const samples = await time('load', () => context.samples.load(at));
    if (!at.isLast) context.samples.loadAhead({ step: at.step, shard: at.shard + 1 });
    const rows = await time('compute', () =>
      encodeShard(encoders, d, samples, (part) => stashes.keep(name, samples, part)),
    );
    for (const tower of towerNames) (tensors[tower]!.data as Float32Array).set(rows[tower], row * d);
    for (const mask of maskedBy(config.loss))
      (tensors[keysOf[mask]]!.data as Uint8Array).set(samples.keys[keysOf[mask]], row * pairHashBytes);
    skipped.push(...samples.skipped);
    longCaptions += samples.longCaptions;
    row += samples.pairs;
  }
  const resultKey = runKeys(task.run).step(task.step, task.epoch).embeddings(task.shard, task.shards, context.worker);
  const [resultHash] = await Promise.all([contentHash(bytes), time('store', () => store.put(resultKey, bytes))]);
  return { kind: 'encode', resultKey, resultHash, pairs, skipped, longCaptions };
}

/** A blob for rows of both towers and, if the loss masks false negatives, the hashes by which it tells pairs apart. */
function openRows(pairs: number, { model, loss }: RunConfig): SafetensorsBlob {
  const rows = { dtype: 'F32', shape: [pairs, model.embed_dim] } as const;
  const hashes = maskedBy(loss).map((mask) => [keysOf[mask], { dtype: 'U8', shape: [pairs, pairHashBytes] }] as const);
  return allocateSafetensors({ image: rows, text: rows, ...Object.fromEntries(hashes) });
}

/** The name of a shard's stash, which both passes use. */
export function stashKey({ step, shard }: { readonly step: number; readonly shard: number }): string {
  return `${step}/${shard}`;
}
