import type { Stash } from '#engine/device.js';
import { towerNames, type Tower } from '#model/tower-step.js';
import type { EncodeAnswer, EncodeTask } from '#protocol/task.js';
import { runKeys } from '#store/keys.js';
import { encodeFloat32 } from '#store/safetensors.js';
import type { RunContext } from './run-context.js';
import type { ShardSamples } from './shard-samples.js';
import type { Stopwatch } from './stopwatch.js';
import type { DoneBy } from './done-by.js';

/**
 * I_s, T_s = encode(θ, shard s). Writes both, [n, d] with rows of unit length, to the store, and keeps what backprop of
 * the same shard will need, if the budget has room for all of it.
 */
export async function encodeShard(task: EncodeTask, context: RunContext, time: Stopwatch): Promise<DoneBy<EncodeAnswer>> {
  const { store, stashes, config } = context;
  await time('store', () => context.useParameters(task));
  await stashes.drop(stashKey(task)); // A shard may be asked for again.
  const samples = await time('load', () => context.samples.load(task));
  const bytes = await time('compute', () => keptBytes(samples, context));
  const isKept = await stashes.makeRoom(bytes);
  const { rows, stashes: own } = await time('compute', () => encode(samples, context, isKept));
  const resultKey = runKeys(task.run).step(task.step).embeddings(task.shard);
  const shape = [samples.pairs, config.model.embed_dim];
  await time('store', () => store.put(resultKey, encodeFloat32({ image: { shape, data: rows.image }, text: { shape, data: rows.text } })));
  if (isKept) stashes.keep(stashKey(task), { samples, stashes: own, bytes });
  return { kind: 'encode', resultKey, pairs: samples.pairs, skipped: [...samples.skipped] };
}

/** Name of a shard's stash; the same for both passes. */
export function stashKey({ step, shard }: { readonly step: number; readonly shard: number }): string {
  return `${step}/${shard}`;
}

/** What keeping a shard between its passes takes. */
async function keptBytes({ micro }: ShardSamples, context: RunContext): Promise<number> {
  let bytes = 0;
  for (const batch of micro) {
    for (const tower of towerNames) bytes += batch[tower].data.byteLength + (await context[tower].stashBytes(batch[tower].shape[0]!));
  }
  return bytes;
}

/** The forward pass over a shard, tower by tower and micro-batch by micro-batch. Stashes that are not kept are gone before the next is made. */
async function encode({ pairs, micro }: ShardSamples, context: RunContext, isKept: boolean): Promise<{ rows: Record<Tower, Float32Array>; stashes: Record<Tower, Stash[]> }> {
  const d = context.config.model.embed_dim;
  const rows = { image: new Float32Array(pairs * d), text: new Float32Array(pairs * d) };
  const stashes: Record<Tower, Stash[]> = { image: [], text: [] };
  for (const tower of towerNames) {
    let row = 0;
    for (const batch of micro) {
      const forward = await context[tower].forward(batch[tower]);
      rows[tower].set(forward.rows, row * d);
      if (isKept) stashes[tower].push(forward.stash);
      else await forward.stash.dispose();
      row += batch[tower].shape[0]!;
    }
  }
  return { rows, stashes };
}
