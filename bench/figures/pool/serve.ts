import type { Measurement } from '../../figure.js';
import { measurementOf, median, takeTurns } from '../../turns.js';
import { startBurner, startFlood, type Burden } from '../../workload/pool/flood.js';
import { startLocalPool } from '../../workload/pool/local-pool.js';
import { withPhotos } from '../../workload/photo-folder.js';
import { runOf, tinyModel } from '../../workload/small-models.js';

const batch = 256;
const steps = 60;
const warmupSteps = 20;
const turns = 3;
const clients = 8;

/**
 * Steps while clients read from the coordinator as fast as they are answered, against steps while a process that has
 * nothing to do with it takes one core.
 */
export async function* measure(): AsyncGenerator<Measurement> {
  yield* await withPhotos(4 * batch, measurementsOn, 48);
}

async function measurementsOn(data: string): Promise<Measurement[]> {
  const pool = await startLocalPool({ workers: 2, settings: { TANDEM_THREADS: '1' } });
  try {
    const stepsPerSecond = async (start: () => Promise<Burden>): Promise<number> => {
      const burden = await start();
      try {
        const metrics = await pool.train(runOf(tinyModel, { data, batch, steps }));
        return 1000 / median(metrics.slice(warmupSteps).map(({ stepMs }) => stepMs));
      } finally {
        burden.stop();
      }
    };
    const key = (await pool.api.createKey({ name: 'flood', scope: 'read' })).key;
    const floods = [
      { name: 'serve/flood/lists', path: '/v1/runs', key },
      { name: 'serve/flood/metrics', path: '/metrics', key },
      { name: 'serve/flood/document', path: '/docs-json', key },
      { name: 'serve/flood/wrong-keys', path: '/v1/runs', key: 'not the key, whatever it is' },
    ];
    const measurements: Measurement[] = [];
    for (const flood of floods) {
      const taken = await takeTurns({
        subject: () =>
          stepsPerSecond(() => startFlood({ url: `${pool.api.url}${flood.path}`, clients, key: flood.key })),
        reference: () => stepsPerSecond(startBurner),
        turns,
      });
      measurements.push(measurementOf(flood.name, 'steps/s', taken));
    }
    return measurements;
  } finally {
    await pool.stop();
  }
}
