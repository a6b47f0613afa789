import { pairHashBytes } from '#data/dataset/pair-hash.js';
import { keysOf, maskedBy } from '#model/loss/false-negatives.js';
import { towerNames, type TowerName } from '#model/towers/tower-step.js';
import type { EncodeAnswer, EncodeTask } from '#protocol/task.js';
import { runKeys } from '#store/run/keys.js';
import { encodeSafetensors } from '#store/safetensors/safetensors.js';
import type { RunContext } from './run-context.js';
import type { ShardSamples } from '#encoder/shard-samples.js';
import type { KeptPart } from '#encoder/stash-cache.js';
import type { Stopwatch } from './stopwatch.js';
import type { DoneBy } from './done-by.js';

/**
 * I_s, T_s = encode(θ, shard s). Writes both, [n, d] with rows of unit length, to the store, with the keys of captions and images
 * by which the loss leaves out pairs, if it does, and keeps what backprop of
 * the same shard will need, as far as the budget goes.
 */
export async function encodeShard(task: EncodeTask, context: RunContext, time: Stopwatch): Promise<DoneBy<EncodeAnswer>> {
  const { store, stashes, config } = context;
  await time('store', () => context.useParameters(task));
  await stashes.drop(stashKey(task)); // A shard may be asked for again.
  const samples = await time('load', () => context.samples.load(task));
  const rows = await time('compute', () => encode(samples, context, (part) => stashes.keep(stashKey(task), samples, part)));
  const resultKey = runKeys(task.run).step(task.step).embeddings(task.shard);
  const shape = [samples.pairs, config.model.embed_dim];
  const keys = maskedBy(config.loss).map((mask) => [keysOf[mask], { dtype: 'U8', shape: [samples.pairs, pairHashBytes], data: samples.keys[keysOf[mask]] }] as const);
  await time('store', () => store.put(resultKey, encodeSafetensors({ image: { dtype: 'F32', shape, data: rows.image }, text: { dtype: 'F32', shape, data: rows.text }, ...Object.fromEntries(keys) })));
  return { kind: 'encode', resultKey, pairs: samples.pairs, skipped: [...samples.skipped] };
}

/** Name of a shard's stash; the same for both passes. */
export function stashKey({ step, shard }: { readonly step: number; readonly shard: number }): string {
  return `${step}/${shard}`;
}

/** The forward pass over a shard, tower by tower and micro-batch by micro-batch. */
async function encode({ pairs, micro }: ShardSamples, context: RunContext, keep: (part: KeptPart) => Promise<void>): Promise<Record<TowerName, Float32Array>> {
  const d = context.config.model.embed_dim;
  const rows = { image: new Float32Array(pairs * d), text: new Float32Array(pairs * d) };
  for (const name of towerNames) {
    const tower = context[name];
    let row = 0;
    for (const [index, { [name]: batch }] of micro.entries()) {
      const b = batch.shape[0]!;
      const forward = await tower.forward(batch);
      rows[name].set(forward.rows, row * d);
      if (tower.isTrainable) await keep({ tower: name, index, stash: forward.stash, bytes: batch.data.byteLength + (await tower.stashBytes(b)) });
      row += b;
    }
  }
  return rows;
}
