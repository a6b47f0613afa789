import type { HostTensor } from '#engine/tensor-spec.js';
import type { Stash } from '#engine/device.js';

/** A micro-batch between its two passes: its samples, and what backward would otherwise have to compute again. */
export interface KeptMicroBatch {
  readonly images: HostTensor;
  readonly tokens: HostTensor;
  readonly image: Stash;
  readonly text: Stash;
}

export interface KeptShard {
  readonly micro: readonly KeptMicroBatch[];
  readonly bytes: number;
}

/** Shards kept between encode and backprop, within a budget of bytes; the oldest goes first. */
export interface StashCache {
  /** Keep a shard, or let go of it at once where it alone is over the budget. */
  keep(key: string, shard: KeptShard): Promise<void>;
  has(key: string): boolean;
  /** The shard, which is the caller's from here on, or undefined if it was dropped or never here. */
  take(key: string): KeptShard | undefined;
  clear(): Promise<void>;
}

export function openStashCache(budgetBytes: number): StashCache {
  const kept = new Map<string, KeptShard>();
  const bytes = (): number => [...kept.values()].reduce((total, shard) => total + shard.bytes, 0);
  const drop = async (key: string): Promise<void> => {
    const shard = kept.get(key);
    kept.delete(key);
    if (shard) await release(shard);
  };
  return {
    async keep(key, shard) {
      await drop(key);
      kept.set(key, shard);
      while (bytes() > budgetBytes) await drop(kept.keys().next().value!);
    },
    has: (key) => kept.has(key),
    take(key) {
      const shard = kept.get(key);
      kept.delete(key);
      return shard;
    },
    async clear() {
      await Promise.all([...kept.keys()].map(drop));
    },
  };
}

export async function release({ micro }: KeptShard): Promise<void> {
  await Promise.all(micro.flatMap(({ image, text }) => [image.dispose(), text.dispose()]));
}
