import { setTimeout as sleep } from 'node:timers/promises';
import type { Measurement } from '../../figure.js';
import { measurementOf, secondsOf, takeTurns } from '../../turns.js';
import { startLocalPool, type LocalPool } from '../../workload/pool/local-pool.js';
import { withPhotos } from '../../workload/photo-folder.js';
import { runOf, tinyModel } from '../../workload/small-models.js';

const batch = 256;
const turns = 3;

/** What runs cost each other, and what a slow worker costs its pool: four workers of one thread, a tiny model. */
export async function* measure(): AsyncGenerator<Measurement> {
  const figures = await withPhotos(
    4 * batch,
    async (data) => {
      const pool = await startLocalPool({ workers: 4, settings: { TANDEM_THREADS: '1' } });
      const train = async (steps: number): Promise<number> => {
        const metrics = await pool.train(runOf(tinyModel, { data, batch, steps }));
        return metrics.reduce((sum, { stepMs }) => sum + stepMs, 0) / steps;
      };
      try {
        return [await twoRuns(train), await slowWorker(train, pool)];
      } finally {
        await pool.stop();
      }
    },
    48,
  );
  yield* figures;
}

async function twoRuns(train: (steps: number) => Promise<number>): Promise<Measurement> {
  const steps = 20;
  const taken = await takeTurns({
    subject: () => secondsOf(() => Promise.all([train(steps), train(steps)])),
    reference: () => secondsOf(async () => [await train(steps), await train(steps)]),
    turns,
  });
  // Seconds to steps a second of both.
  const rates = taken.map(({ value, reference }) => ({
    value: (2 * steps) / value,
    reference: (2 * steps) / reference,
  }));
  return measurementOf('pool/two-runs', 'steps/s', rates);
}

async function slowWorker(train: (steps: number) => Promise<number>, pool: LocalPool): Promise<Measurement> {
  const steps = 30;
  const [slow] = await pool.workerPids();
  const taken = await takeTurns({
    subject: () => slowedTenfold(slow!, () => train(steps)),
    reference: () => train(steps),
    turns,
  });
  return measurementOf('pool/slow-worker', 'ms', taken);
}

/** Runs `work` while a process is stopped for nine tenths of the time. */
async function slowedTenfold<T>(pid: number, work: () => Promise<T>): Promise<T> {
  const [runMs, stopMs] = [5, 45];
  let isOver = false;
  const slowing = (async () => {
    while (!isOver) {
      process.kill(pid, 'SIGSTOP');
      await sleep(stopMs);
      process.kill(pid, 'SIGCONT');
      await sleep(runMs);
    }
  })();
  try {
    return await work();
  } finally {
    isOver = true;
    await slowing;
  }
}
