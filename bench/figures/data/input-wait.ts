import type { Measurement } from '../../figure.js';
import { measurementOf } from '../../turns.js';
import { startLocalPool } from '../../workload/pool/local-pool.js';
import { withPhotos } from '../../workload/photo-folder.js';
import { runOf, smallModel } from '../../workload/small-models.js';

const [batch, steps] = [256, 7];

/** The first step is left out: its samples cannot be loaded while a step before it computes. */
export async function* measure(): AsyncGenerator<Measurement> {
  const metrics = await withPhotos(4 * batch, async (data) => {
    const pool = await startLocalPool({ workers: 1 });
    try {
      return await pool.train(runOf(smallModel, { data, batch, steps }));
    } finally {
      await pool.stop();
    }
  });
  yield measurementOf(
    'input/wait',
    's',
    metrics.slice(1).map(({ loadMs, stepMs }) => ({ value: loadMs / 1000, reference: stepMs / 1000 })),
  );
}
