import type { ShardId, ShardSamples } from './shard-samples.js';

/**
 * Loads shards when they are needed, or ahead of time. Loading ahead saves time and changes nothing else (invariant
 * B1).
 */
export interface ShardLoader {
  /** Begins to load a shard that will be asked for, unless enough shards are loaded ahead already. */
  loadAhead(shard: ShardId): void;
  /** Returns the shard's samples, which belong to the caller from then on. */
  load(shard: ShardId): Promise<ShardSamples>;
}

/** How many shards are loaded ahead: the next one of this step, and the first one of the next step (invariant L1). */
const shardsAheadMax = 2;

export function openShardLoader(loadNow: (shard: ShardId) => Promise<ShardSamples>): ShardLoader {
  const ahead = new Map<string, { readonly step: number; readonly samples: Promise<ShardSamples> }>();
  const nameOf = ({ step, shard }: ShardId): string => `${step}/${shard}`;
  return {
    loadAhead({ step, shard }) {
      const name = nameOf({ step, shard });
      if (ahead.has(name) || ahead.size >= shardsAheadMax) return;
      const samples = loadNow({ step, shard });
      // A failure does not matter until the shard is asked for.
      samples.catch(() => ahead.delete(name));
      ahead.set(name, { step, samples });
    },
    load(shard) {
      const name = nameOf(shard);
      const begun = ahead.get(name);
      ahead.delete(name);
      // Shards of earlier steps that are still here were done by another worker.
      for (const [old, { step }] of ahead) if (step < shard.step) ahead.delete(old);
      return begun ? begun.samples.catch(() => loadNow(shard)) : loadNow(shard);
    },
  };
}
