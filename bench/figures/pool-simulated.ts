import { fileURLToPath } from 'node:url';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { Measurement } from '../figure.js';
import { measurementAgainst, turnCount } from '../turns.js';
import { startLocalPool } from '../workload/pool/local-pool.js';
import { withPhotos } from '../workload/photo-folder.js';
import { childOf, cpuSeconds } from '../workload/pool/process-time.js';

const shards = 256;
const workersOf = { few: 64, many: 1000 } as const;

/**
 * The coordinator's CPU time of a step, all its threads together, with workers that answer at once. A short run is
 * taken off a longer one: what is left is steps alone.
 */
export async function* measure(): AsyncGenerator<Measurement> {
  const [few, many] = await withPhotos(
    2 * shards,
    async (data) => [
      await stepTimes(documentOf(data, shards), workersOf.few, turnCount),
      await stepTimes(documentOf(data, 2 * shards), workersOf.many, 1),
    ],
    16,
  );
  yield measurementAgainst(150, 'pool/simulated', 'ms', few);
  yield measurementAgainst(150, 'pool/simulated/1000', 'ms', many);
}

async function stepTimes(document: RunConfigInput, workers: number, turns: number): Promise<number[]> {
  const pool = await startLocalPool({
    workers: 1,
    worker: fileURLToPath(new URL('../workload/pool/answering-workers.js', import.meta.url)),
    settings: { ANSWERING_WORKERS: String(workers) },
  });
  try {
    const coordinator = childOf('apps/coordinator');
    const spent = async (steps: number): Promise<number> => {
      const before = cpuSeconds(coordinator);
      await pool.train({ ...document, steps });
      return cpuSeconds(coordinator) - before;
    };
    const [short, long] = [2, 22];
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
    model: {
      embed_dim: 16,
      vision_cfg: { image_size: 16, patch_size: 8, width: 32, layers: 1, head_width: 16 },
      text_cfg: { context_length: 8, vocab_size: 540, width: 32, heads: 2, layers: 1 },
    },
    tokenizer: { kind: 'bpe', vocabulary: 540 },
    data: { train: data },
    batch,
    shards: batch,
    steps: 1,
  };
}
