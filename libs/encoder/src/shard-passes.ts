import { towerNames, type TowerName } from '#model/towers/tower-step.js';
import type { Encoder } from './encoder.js';
import type { ShardSamples } from './shard-samples.js';
import type { KeptPart } from './stash-cache.js';

/** The rows of a shard, [n, d] for each tower. */
export type ShardRows = Readonly<Record<TowerName, Float32Array>>;

/**
 * The encode pass, I_s, T_s = encode(θ, shard s): rows of unit length. It gives each stash to `keep`, tower by tower
 * and micro-batch by micro-batch.
 */
export async function encodeShard(
  encoders: Readonly<Record<TowerName, Encoder>>,
  d: number,
  { pairs, micro }: ShardSamples,
  keep: (part: KeptPart) => Promise<void>,
): Promise<ShardRows> {
  const rows = { image: new Float32Array(pairs * d), text: new Float32Array(pairs * d) };
  for (const tower of towerNames) {
    const encoder = encoders[tower];
    let row = 0;
    for (const [index, { [tower]: samples }] of micro.entries()) {
      const size = samples.shape[0]!;
      const forward = await encoder.forward(samples);
      rows[tower].set(forward.rows, row * d);
      if (encoder.isTrainable)
        await keep({
          tower,
          index,
          stash: forward.stash,
          bytes: samples.data.byteLength + (await encoder.stashBytes(size)),
        });
      row += size;
    }
  }
  return rows;
}

/**
 * The backprop pass, g_s = ∇θ(⟨I_s, dI_s⟩ + ⟨T_s, dT_s⟩), a sum over the shard's rows, which stays in the encoders. For
 * a micro-batch whose stash is not among `parts`, it repeats the forward pass, which gives the same bits, and shows its
 * rows to `onAgain`. A stash made in this way is freed before the next one is made.
 */
export async function backpropShard(
  encoders: Readonly<Record<TowerName, Encoder>>,
  d: number,
  { micro }: ShardSamples,
  gradients: Partial<ShardRows>,
  parts: readonly KeptPart[],
  onAgain: (tower: TowerName, row: number, rows: Float32Array) => void = () => undefined,
): Promise<void> {
  for (const tower of trainableTowers(encoders)) {
    const encoder = encoders[tower];
    await encoder.clearGradients();
    let row = 0;
    for (const [at, { [tower]: samples }] of micro.entries()) {
      const end = row + samples.shape[0]!;
      const kept = parts.find((part) => part.tower === tower && part.index === at)?.stash;
      const again = kept ? undefined : await encoder.forward(samples);
      const stash = kept ?? again!.stash;
      try {
        if (again) onAgain(tower, row, again.rows);
        await encoder.backward(samples, gradients[tower]!.subarray(row * d, end * d), stash);
      } finally {
        if (!kept) await stash.dispose();
      }
      row = end;
    }
  }
}

export function trainableTowers(encoders: Readonly<Record<TowerName, Encoder>>): TowerName[] {
  return towerNames.filter((tower) => encoders[tower].isTrainable);
}
