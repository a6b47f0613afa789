// Goal: loading ahead saves a load and never changes its result. Method: loads that the test finishes by hand.
import { describe, expect, it } from 'vitest';
import { openShardLoader } from './shard-loader.js';
import type { ShardId, ShardSamples } from './shard-samples.js';

function played() {
  const begun: string[] = [];
  const ends = new Map<string, { resolve(samples: ShardSamples): void; reject(error: Error): void }>();
  const loader = openShardLoader(({ step, shard }: ShardId) => {
    begun.push(`${step}/${shard}`);
    return new Promise((resolve, reject) => ends.set(`${step}/${shard}`, { resolve, reject }));
  });
  const end = (name: string): ShardSamples => {
    const samples: ShardSamples = {
      pairs: begun.length,
      micro: [],
      keys: { captionKeys: new Uint8Array(), imageKeys: new Uint8Array() },
      skipped: [],
      longCaptions: 0,
    };
    ends.get(name)!.resolve(samples);
    return samples;
  };
  return { loader, begun, end, fail: (name: string) => ends.get(name)!.reject(new Error('unreachable')) };
}

describe('shard loader', () => {
  it('returns a shard that was loaded ahead once, and then loads it again', async () => {
    const { loader, begun, end } = played();
    loader.loadAhead({ step: 1, shard: 2 });
    loader.loadAhead({ step: 1, shard: 2 });
    const samples = end('1/2');
    expect(await loader.load({ step: 1, shard: 2 })).toBe(samples);
    expect(begun).toEqual(['1/2']);
    const again = loader.load({ step: 1, shard: 2 });
    expect(end('1/2')).toBe(await again);
    expect(begun).toEqual(['1/2', '1/2']);
  });

  it('loads a shard that was not loaded ahead', async () => {
    const { loader, end } = played();
    const loading = loader.load({ step: 0, shard: 0 });
    expect(end('0/0')).toBe(await loading);
  });

  it('L1: holds at most two shards ahead, and drops those of earlier steps', async () => {
    const { loader, begun, end } = played();
    for (const shard of [0, 1, 2]) loader.loadAhead({ step: 1, shard });
    expect(begun).toEqual(['1/0', '1/1']);
    const loading = loader.load({ step: 2, shard: 0 });
    end('2/0');
    await loading;
    for (const shard of [1, 2]) loader.loadAhead({ step: 2, shard });
    expect(begun).toEqual(['1/0', '1/1', '2/0', '2/1', '2/2']);
  });

  it('loads a shard again if loading it ahead failed', async () => {
    const { loader, begun, end, fail } = played();
    loader.loadAhead({ step: 1, shard: 0 });
    const loading = loader.load({ step: 1, shard: 0 });
    fail('1/0');
    await expect.poll(() => begun).toEqual(['1/0', '1/0']);
    expect(end('1/0')).toBe(await loading);
  });
});
