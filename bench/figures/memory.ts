import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { Measurement } from '../figure.js';
import { measurementAgainst, measurementOf } from '../turns.js';
import { startLocalPool } from '../workload/pool/local-pool.js';
import { withPhotos } from '../workload/photo-folder.js';
import { mebibyte } from '../workload/process-memory.js';

const gibibyte = 1024 * mebibyte;
const batch = 64;

/** Peak memory of a worker over two steps. In the second it receives new parameters while it still holds the old. */
export async function* measure(): AsyncGenerator<Measurement> {
  const [recompute, stash] = await withPhotos(batch, async (data) => {
    const run: RunConfigInput = {
      name: 'bench',
      model: 'ViT-B-32',
      data: { train: data },
      batch,
      shards: 1,
      microBatch: 16,
      steps: 2,
    };
    return [await peakOf(run, 0), await peakOf(run, 64 * gibibyte)];
  });
  yield measurementAgainst(3, 'memory/vit-b-32/recompute', 'GiB', [recompute]);
  yield measurementOf('memory/vit-b-32/stash', 'GiB', [{ value: stash, reference: recompute }]);
}

async function peakOf(run: RunConfigInput, stashBytes: number): Promise<number> {
  const pool = await startLocalPool({ workers: 1, settings: { TANDEM_STASH_BYTES: String(stashBytes) } });
  try {
    await pool.train(run);
    return (await pool.workerPeakBytes()) / gibibyte;
  } finally {
    await pool.stop();
  }
}
