import { availableParallelism, loadavg, totalmem } from 'node:os';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { startRedis } from '../../../test/support/servers/redis.js';
import { inFreshProcess, onlyValue } from '../../fresh-process.js';
import { median } from '../../turns.js';
import { withPhotos } from '../../workload/photo-folder.js';
import { startLocalPool } from '../../workload/pool/local-pool.js';
import { childrenOf, cpuSeconds } from '../../workload/pool/process-time.js';
import { runOf, smallModel, tinyModel } from '../../workload/small-models.js';
import type { Machine, StoreRates } from '../machines.js';
import { simulateStep, type SimulatedStep } from '../simulation/simulate-step.js';
import { stepCosts, type Workload } from '../step-costs.js';
import { shownSeconds } from '../tables.js';
import type { CoordinatorRates } from './coordinator-rates.js';
import type { FileRates } from './store-rates.js';
import type { WorkerRates } from './worker-rates.js';

const workers = 2;
const [batch, shardSize] = [256, 64];

/** Steps of a run, and how many at its end count: by then programs are compiled and decoded images are kept. */
interface Length {
  readonly steps: number;
  readonly counted: number;
}

/** A run on a real pool, by the medians of its steps. */
interface MeasuredPool {
  readonly phases: Readonly<Record<Row, number>>;
  /** CPU seconds of a step in all processes. */
  readonly coreSeconds: number;
}

const rows = ['encode', 'loss', 'backprop', 'update', 'step'] as const;
type Row = (typeof rows)[number];

/**
 * Measures the rates of this machine and then the steps of a real pool: two workers of one thread, a coordinator and
 * Redis, with a store of files. Yields lines that show them beside the steps that the simulation makes of the rates.
 */
export async function* compareWithPool(): AsyncGenerator<string> {
  yield `${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}`;
  yield* comparison({ name: 'a tiny model', model: tinyModel, batch, shardSize }, 48, { steps: 64, counted: 32 });
  yield* comparison({ name: 'the small model', model: smallModel, batch, shardSize }, 72, { steps: 6, counted: 3 });
}

/** `side`: pixels of a picture. */
async function* comparison(workload: Workload, side: number, length: Length): AsyncGenerator<string> {
  const lines = await withPhotos(
    4 * batch,
    async (data) => {
      const document = (steps: number): RunConfigInput => runOf(workload.model, { data, batch, steps });
      const { machine, store } = await measuredRates(document(length.steps), workload);
      const simulated = await simulateStep({ workload, workers, machine, store });
      const measured = await measuredPool(document, length);
      return [...rateLines(machine, store), '', ...resultLines(workload, measured, simulated)];
    },
    side,
  );
  yield* ['', ...lines];
}

/** Each rate by itself: nothing of a pool's step is in them. */
async function measuredRates(
  document: RunConfigInput,
  workload: Workload,
): Promise<{ readonly machine: Machine; readonly store: StoreRates }> {
  const measured = <Rates>(name: string, input: unknown): Promise<Rates> =>
    onlyValue(inFreshProcess<Rates>(new URL(`./${name}.js`, import.meta.url), input));
  const together = await Promise.all(
    Array.from({ length: workers }, () => measured<WorkerRates>('worker-rates', document)),
  );
  const redis = await startRedis();
  const queue = await measured<Pick<Machine, 'taskMs' | 'messageMs'>>('queue-rates', { url: redis.url });
  await redis.stop();
  const mean = (pick: (rates: WorkerRates) => number): number =>
    together.reduce((sum, rates) => sum + pick(rates), 0) / together.length;
  const machine: Machine = {
    name: 'this machine',
    ...{ cores: availableParallelism(), isShared: true, deviceCores: 1, optimizerThreads: 1, memoryBytes: totalmem() },
    forwardGigaflops: mean((rates) => rates.forwardGigaflops),
    backwardGigaflops: mean((rates) => rates.backwardGigaflops),
    sumBytesPerSecond: mean((rates) => rates.sumBytesPerSecond),
    loadPairsPerSecond: mean((rates) => rates.loadPairsPerSecond),
    ...(await measured<CoordinatorRates>('coordinator-rates', document)),
    ...queue,
  };
  const file = await measured<FileRates>('store-rates', { bytes: stepCosts(workload).parameterBytes });
  return { machine, store: { ...file, totalBytesPerSecond: Infinity } };
}

async function measuredPool(
  document: (steps: number) => RunConfigInput,
  { steps, counted }: Length,
): Promise<MeasuredPool> {
  const pool = await startLocalPool({ workers, settings: { TANDEM_THREADS: '1' } });
  try {
    const all = [...childrenOf('apps/coordinator'), ...childrenOf('apps/worker'), ...childrenOf('redis-server')];
    const spent = async (
      count: number,
    ): Promise<{ readonly seconds: number; readonly metrics: readonly StepMetrics[] }> => {
      const sum = (): number => all.reduce((seconds, pid) => seconds + cpuSeconds(pid), 0);
      const before = sum();
      const metrics = await pool.train(document(count));
      return { seconds: sum() - before, metrics };
    };
    await spent(2); // The first steps compile.
    const short = await spent(steps - counted);
    const long = await spent(steps);
    const seconds = (pick: (step: StepMetrics) => number): number =>
      median(long.metrics.slice(-counted).map(pick)) / 1000;
    return {
      phases: {
        encode: seconds(({ encodeMs }) => encodeMs),
        loss: seconds(({ lossMs }) => lossMs),
        backprop: seconds(({ backpropMs }) => backpropMs),
        update: seconds(({ updateMs }) => updateMs),
        step: seconds(({ stepMs }) => stepMs),
      },
      coreSeconds: (long.seconds - short.seconds) / counted,
    };
  } finally {
    await pool.stop();
  }
}

function rateLines(machine: Machine, store: StoreRates): string[] {
  const shown = Object.entries({ ...machine, ...store, name: undefined, kind: undefined });
  return shown.flatMap(([name, value]) =>
    typeof value === 'number' ? [`${name.padEnd(22)} ${Number(value.toPrecision(3)).toLocaleString('en')}`] : [],
  );
}

function resultLines(workload: Workload, measured: MeasuredPool, simulated: SimulatedStep): string[] {
  const line = (name: string, real: number, expected: number): string =>
    `| ${name} | ${shownSeconds(real)} | ${shownSeconds(expected)} | ${(real / expected).toFixed(2)} |`;
  const { phases, seconds, coreSeconds } = simulated;
  return [
    `| ${workload.name}, N = ${workload.batch} | measured, s | simulated, s | ratio |`,
    '| --- | --- | --- | --- |',
    ...rows.map((row) => line(row, measured.phases[row], { ...phases, step: seconds }[row])),
    line('CPU', measured.coreSeconds, coreSeconds),
  ];
}
