import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { childOf, cpuSeconds } from '../workload/pool/process-time.js';
import { startLocalPool } from '../workload/pool/local-pool.js';
import { withPhotos } from '../workload/photo-folder.js';
import { mebibyte, ownBytesOf } from '../workload/process-memory.js';
import { runOf, tinyModel } from '../workload/small-models.js';
import { startClients } from './clients.js';

const help = `npm run soak [-- [--minutes N] [--followers N] [--reads N]]

Trains a tiny model on two workers while others watch: streams of its steps, and reads of runs, workers and metrics
that come at a fixed rate whatever is answered. Prints a line of a table for each tenth of the time.

--minutes    30 if left out
--followers  streams; 200 if left out
--reads      a second; 1000 if left out
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    followers: { type: 'string', default: '200' },
    reads: { type: 'string', default: '1000' },
    help: { type: 'boolean' },
  },
});
const intervals = 10;
const batch = 256;
/** More than are taken: the run is cancelled in the end. */
const steps = 1_000_000;

const print = (cells: readonly (string | number)[]): void => void process.stdout.write(`| ${cells.join(' | ')} |\n`);

async function soak(minutes: number, followers: number, readsPerSecond: number): Promise<void> {
  await withPhotos(
    4 * batch,
    async (data) => {
      const pool = await startLocalPool({ workers: 2, settings: { TANDEM_THREADS: '1' } });
      try {
        const { api } = pool;
        const coordinator = childOf('apps/coordinator');
        const { id } = await api.submit(runOf(tinyModel, { data, batch, steps }));
        const stepNow = async (): Promise<number> => (await api.run(id)).step;
        while ((await stepNow()) < 50) await sleep(200);
        const { key } = await api.createKey({ name: 'soak', scope: 'read' });
        const columns = ['minute', 'steps/s', 'reads/s', 'failed', 'median, ms', 'p99, ms', 'max, ms'];
        print([...columns, 'steps seen', 'missed', 'streams ended', 'coordinator, MiB', 'of a core']);
        print(Array.from({ length: columns.length + 5 }, () => '---'));
        const line = async (seconds: number, name: string, watch: typeof nobody): Promise<void> => {
          await watch.report();
          const [step, cpu, beganMs] = [await stepNow(), cpuSeconds(coordinator), performance.now()];
          await sleep(1000 * seconds);
          const seen = await watch.report();
          const taken = (performance.now() - beganMs) / 1000;
          print([
            name,
            (((await stepNow()) - step) / taken).toFixed(2),
            (seen.reads / taken).toFixed(0),
            seen.failed,
            seen.medianMs.toFixed(1),
            seen.p99Ms.toFixed(1),
            seen.maxMs.toFixed(0),
            seen.stepsSeen,
            seen.stepsWrong,
            seen.streamsEnded,
            (ownBytesOf(coordinator) / mebibyte).toFixed(0),
            ((cpuSeconds(coordinator) - cpu) / taken).toFixed(2),
          ]);
        };
        await line(30, 'before, with nobody there', nobody);
        const clients = await startClients({ url: api.url, key, run: id, followers, readsPerSecond });
        const seconds = (60 * minutes) / intervals;
        for (let interval = 1; interval <= intervals; interval++)
          await line(seconds, ((interval * seconds) / 60).toFixed(1), clients);
        clients.stop();
        await line(30, 'after', nobody);
        await api.cancel(id);
      } finally {
        await pool.stop();
      }
    },
    48,
  );
}

const nobody = {
  report: () =>
    Promise.resolve({
      reads: 0,
      failed: 0,
      medianMs: 0,
      p99Ms: 0,
      maxMs: 0,
      stepsSeen: 0,
      stepsWrong: 0,
      streamsEnded: 0,
    }),
};

if (values.help) process.stdout.write(help);
else await soak(Number(values.minutes), Number(values.followers), Number(values.reads));
