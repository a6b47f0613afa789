import type { ClipConfig } from '#protocol/run/run-config.js';
import type { Measurement } from '../../figure.js';
import { measurementOf, median, turnCount, type Turn } from '../../turns.js';
import { openCpu } from '../../workload/cpu.js';
import { startLocalPool } from '../../workload/pool/local-pool.js';
import { trainInOneProcess } from '../../workload/pool/one-process.js';
import { withPhotos } from '../../workload/photo-folder.js';
import { runOf, smallModel, tinyModel } from '../../workload/small-models.js';

const batch = 256;

/**
 * Whole training steps on two workers of one thread, as users run them, against the same steps in one process with two
 * threads: what the way through queue and store costs. Pictures are as small as the model's, so that decoding them is a
 * small part of both.
 */
export async function* measure(): AsyncGenerator<Measurement> {
  yield* compare('pool/demo', { model: tinyModel, side: 48, steps: 64, warmupSteps: 24 });
  yield* compare('pool/small', { model: smallModel, side: 72, steps: 6, warmupSteps: 2 });
}

interface Workload {
  readonly model: ClipConfig;
  /** Pixels a side of a picture. */
  readonly side: number;
  readonly steps: number;
  /** The first steps, which are left out: programs are compiled, and V8 compiles the code around them. */
  readonly warmupSteps: number;
}

async function* compare(name: string, { model, side, steps, warmupSteps }: Workload): AsyncGenerator<Measurement> {
  const turns = await withPhotos(
    4 * batch,
    async (data) => {
      const document = runOf(model, { data, batch, steps });
      const device = await openCpu();
      const pool = await startLocalPool({ workers: 2, settings: { TANDEM_THREADS: '1' } });
      const rate = (stepsMs: readonly number[]): number => (1000 * batch) / median(stepsMs.slice(warmupSteps));
      const taken: Turn[] = [];
      try {
        while (taken.length < turnCount) {
          const alone = rate((await trainInOneProcess(device, document)).stepsMs);
          const value = rate((await pool.train(document)).map(({ stepMs }) => stepMs));
          taken.push({ value, reference: alone });
        }
      } finally {
        await pool.stop();
        await device.close();
      }
      return taken;
    },
    side,
  );
  yield measurementOf(name, 'pairs/s', turns);
}
