import { fileURLToPath } from 'node:url';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { Measurement } from '../../figure.js';
import { measurementAgainst } from '../../turns.js';
import { startLocalPool } from '../../workload/pool/local-pool.js';
import { withPhotos } from '../../workload/photo-folder.js';
import { microModel } from '../../workload/small-models.js';
import { childOf, cpuSeconds } from '../../workload/pool/process-time.js';

/**
 * The coordinator's CPU time of a step, all its threads together, with workers that answer at once. A short run is
 * taken off a longer one: what is left is steps alone.
 */
export async function* measure(): AsyncGenerator<Measurement> {
  yield await measured('pool/simulated', { shards: 256, workers: 64, turns: 3 });
  yield await measured('pool/simulated/1000', { shards: 512, workers: 1000, turns: 1 });
}

interface Load {
  readonly shards: number;
  readonly workers: number;
  readonly turns: number;
}

async function measured(name: string, { shards, workers, turns }: Load): Promise<Measurement> {
  const times = await withPhotos(2 * shards, (data) => stepTimes(documentOf(data, shards), workers, turns), 16);
  return measurementAgainst(150, name, 'ms', times);
}

async function stepTimes(document: RunConfigInput, workers: number, turns: number): Promise<number[]> {
  const pool = await startLocalPool({
    workers: 1,
    worker: fileURLToPath(new URL('../../workload/pool/answering-workers.js', import.meta.url)),
    settings: { ANSWERING_WORKERS: String(workers) },
  });
  try {
    const coordinator = childOf('apps/coordinator');
    const spent = async (steps: number): Promise<number> => {
      const before = cpuSeconds(coordinator);
      await pool.train({ ...document, steps });
      return cpuSeconds(coordinator) - before;
    };
    const [short, long] = [2, 12];
    await spent(short);
    const times: number[] = [];
    while (times.length < turns) {
      const base = await spent(short);
      times.push((1000 * ((await spent(long)) - base)) / (long - short));
    }
    return times;
  } finally {
    await pool.stop();
  }
}

/** A run whose blobs are small: what is left is the way of tasks and answers. */
function documentOf(data: string, batch: number): RunConfigInput {
  return {
    name: 'simulated',
    model: microModel,
    tokenizer: { kind: 'bpe', vocabulary: 540 },
    data: { train: data },
    batch,
    shards: batch,
    steps: 1,
  };
}
