import type { Stash } from '#engine/device.js';
import type { TowerName } from '#model/towers/tower-step.js';
import type { ShardSamples } from './shard-samples.js';
import type { StashBudget } from './stash-budget.js';

/** The stash of one micro-batch of a shard in one tower, which backward would otherwise have to compute again. */
export interface KeptPart {
  readonly tower: TowerName;
  /** Index of the micro-batch in its shard. */
  readonly index: number;
  readonly stash: Stash;
  /** Bytes of the stash and the samples. */
  readonly bytes: number;
}

/** What is kept of a shard between its two passes. */
export interface KeptShard {
  readonly samples: ShardSamples;
  readonly parts: readonly KeptPart[];
}

/** Keeps parts of shards between encode and backprop, within a budget of bytes. The oldest part is dropped first. */
export interface StashCache {
  /**
   * Keeps a part, and drops the oldest parts until the budget holds. A part that alone exceeds the budget is freed at
   * once, and the others stay.
   */
  keep(shard: string, samples: ShardSamples, part: KeptPart): Promise<void>;
  /** Undefined if no part of the shard is here. */
  get(shard: string): KeptShard | undefined;
  drop(shard: string): Promise<void>;
  clear(): Promise<void>;
}

export function openStashCache(budget: StashBudget): StashCache {
  const kept = new Map<string, { readonly samples: ShardSamples; readonly parts: KeptPart[] }>();
  let takenBytes = 0;
  const heldBytes = (): number =>
    [...kept.values()].reduce((total, { parts }) => parts.reduce((sum, { bytes }) => sum + bytes, total), 0);
  const dropOldest = async (): Promise<void> => {
    const [name, { parts }] = kept.entries().next().value!;
    const oldest = parts.shift();
    if (parts.length === 0) kept.delete(name);
    await oldest?.stash.dispose();
  };
  const drop = async (name: string): Promise<void> => {
    const parts = kept.get(name)?.parts ?? [];
    kept.delete(name);
    await Promise.all(parts.map(({ stash }) => stash.dispose()));
  };
  return {
    async keep(name, samples, part) {
      takenBytes = Math.max(takenBytes, heldBytes() + part.bytes);
      const budgetBytes = budget({ takenBytes, stashBytes: part.bytes });
      if (part.bytes > budgetBytes) return part.stash.dispose();
      while (heldBytes() + part.bytes > budgetBytes) await dropOldest();
      const shard = kept.get(name) ?? { samples, parts: [] };
      kept.set(name, shard);
      shard.parts.push(part);
    },
    get: (name) => kept.get(name),
    drop,
    async clear() {
      await Promise.all([...kept.keys()].map(drop));
    },
  };
}
