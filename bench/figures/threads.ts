import { availableParallelism } from 'node:os';
import type { ClipConfig } from '#protocol/run/run-config.js';
import type { Measurement } from '../figure.js';
import { measurementOf, median, turnCount, type Turn } from '../turns.js';
import { startLocalPool, type LocalPool } from '../workload/pool/local-pool.js';
import { withPhotos } from '../workload/photo-folder.js';
import { runOf, smallModel, tinyModel } from '../workload/small-models.js';

const batch = 128;

/** Whole training steps on two pools that exist at the same time. Runs alternate between them, and one pool idles. */
export async function* measure(): AsyncGenerator<Measurement> {
  const cores = availableParallelism();
  yield* await withPhotos(4 * batch, async (data) => {
    const pools: LocalPool[] = [];
    try {
      pools.push(await startLocalPool({ workers: 1 }), await startLocalPool({ workers: cores }));
      const [one, several] = pools as [LocalPool, LocalPool];
      return [
        await compare('threads/tiny', { one, several, data, model: tinyModel, steps: 12 }),
        await compare('threads/small', { one, several, data, model: smallModel, steps: 3 }),
      ];
    } finally {
      await Promise.all(pools.map((pool) => pool.stop()));
    }
  });
}

interface Comparison {
  readonly one: LocalPool;
  readonly several: LocalPool;
  readonly data: string;
  readonly model: ClipConfig;
  readonly steps: number;
}

async function compare(name: string, { one, several, data, model, steps }: Comparison): Promise<Measurement> {
  const speed = async (pool: LocalPool): Promise<number> => {
    const metrics = await pool.train(runOf(model, { data, batch, steps }));
    return median(metrics.slice(1).map(({ pairsPerSecond }) => pairsPerSecond)); // The first step compiles.
  };
  const turns: Turn[] = [];
  while (turns.length < turnCount) turns.push({ value: await speed(one), reference: await speed(several) });
  return measurementOf(name, 'pairs/s', turns);
}
