import type { Stash } from '#engine/device.js';
import type { Tower } from '#model/tower-step.js';
import type { ShardSamples } from './shard-samples.js';

/** A shard between its two passes: its samples, and what backward of each micro-batch would otherwise have to compute again. */
export interface KeptShard {
  readonly samples: ShardSamples;
  readonly stashes: Readonly<Record<Tower, readonly Stash[]>>;
  readonly bytes: number;
}

/** Shards kept between encode and backprop, within a budget of bytes; the oldest goes first. */
export interface StashCache {
  /** Let go of the oldest shards until `bytes` more fit; false, and nothing goes, where they alone are over the budget. */
  makeRoom(bytes: number): Promise<boolean>;
  /** Keep a shard for which there is room. */
  keep(key: string, shard: KeptShard): void;
  /** The shard, or undefined if it was dropped or never here. */
  get(key: string): KeptShard | undefined;
  drop(key: string): Promise<void>;
  clear(): Promise<void>;
}

export function openStashCache(budgetBytes: number): StashCache {
  const kept = new Map<string, KeptShard>();
  const heldBytes = (): number => [...kept.values()].reduce((total, { bytes }) => total + bytes, 0);
  const drop = async (key: string): Promise<void> => {
    const shard = kept.get(key);
    kept.delete(key);
    if (shard) await Promise.all(Object.values(shard.stashes).flatMap((stashes) => stashes.map((stash) => stash.dispose())));
  };
  return {
    async makeRoom(bytes) {
      if (bytes > budgetBytes) return false;
      while (heldBytes() + bytes > budgetBytes) await drop(kept.keys().next().value!);
      return true;
    },
    keep: (key, shard) => void kept.set(key, shard),
    get: (key) => kept.get(key),
    drop,
    async clear() {
      await Promise.all([...kept.keys()].map(drop));
    },
  };
}
