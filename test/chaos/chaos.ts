import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyDocument } from '../support/models/tiny-run.js';
import { startCluster, type Cluster } from './cluster.js';
import { compareWith, isIdentical, type Comparison } from './compare.js';
import { kindsFor, type FaultKind, type StoreKind } from './kinds.js';
import { disturb } from './disturb.js';
import { followRun, median, type Progress } from './progress.js';
import { trainInOneProcess } from './reference.js';
import { kindReports, type ChaosReport, type StruckFault } from './report.js';
import { planChaos } from './schedule.js';
import { mayFillDisks } from './store-place.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly steps: number;
  readonly store: StoreKind;
  /** How many times each kind strikes. */
  readonly times: number;
  /** All that the store allows if left out. */
  readonly kinds?: readonly FaultKind[] | undefined;
  /** Keeps the folder with the logs and the store's directory. */
  readonly keep?: boolean;
  /** Receives a line for each thing that happens. */
  readonly tell: (line: string) => void;
}

/** Longer than anything that a fault of the schedule may cost. */
const stallMs = 120_000;

/** Trains the tiny model twice on real processes, undisturbed and disturbed, and once in this process, and compares. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-chaos-'));
  try {
    return await chaosIn(folder, options);
  } finally {
    if (options.keep) options.tell(`kept: ${folder}`);
    else await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function chaosIn(
  folder: string,
  { seed, steps, store, times, kinds: wanted, tell: tellPlainly }: ChaosOptions,
): Promise<ChaosReport> {
  const startedMs = performance.now();
  const tell = (line: string): void => tellPlainly(`${((performance.now() - startedMs) / 1000).toFixed(1)} s  ${line}`);
  const leftOut: Record<string, string> = mayFillDisks() ? {} : { 'disk-full': 'it needs a mount namespace' };
  const kinds = (wanted ?? kindsFor(store)).filter((kind) => !(store === 'file' && kind in leftOut));
  const schedule = planChaos({ seed, steps, kinds, times });
  await writeTinyData(join(folder, 'data'));
  const document = tinyDocument(join(folder, 'data'), {
    seed,
    steps,
    batch: 24,
    shards: 6, // Work for six workers.
    checkpoint: { everySteps: 10, keep: 2 },
    // Nothing else tells the result of a worker that computes wrongly from another.
    limits: { verifyShare: kinds.includes('worker-miscomputes') ? 1 : 0 },
  });
  tell('training in one process');
  const reference = await trainInOneProcess(parseRunConfig(document), join(folder, 'reference'));
  let progress: Progress | undefined;
  const cluster = await startCluster(store, folder, ({ api, process }) => progress?.ask(api, process.ended));
  try {
    await cluster.startCoordinator();
    // One, if others will join: the pool is to go from one worker to many.
    for (let left = kinds.includes('worker-joins') ? 1 : 2; left > 0; left--) await cluster.startWorker();
    tell('training on a pool, undisturbed');
    const run = async (disturb: (of: Progress) => Promise<void>): Promise<TakenRun> => {
      const taken = await trainOn(cluster, document, (id) => (progress = followRun(id, stallMs)), disturb);
      progress = undefined;
      return taken;
    };
    const undisturbed = await run(async () => undefined);
    if (undisturbed.failure !== null) throw new Error(`The undisturbed run failed: ${undisturbed.failure}`);
    const usualStepMs = median(undisturbed.stepsMs);
    tell(`training on a pool, disturbed by ${schedule.flatMap(({ faults }) => faults).length} faults`);
    const faults: StruckFault[] = [];
    const disturbed = await run((of) =>
      disturb({ schedule, runSteps: steps, cluster, progress: of, usualStepMs, faults, tell }),
    );
    const completed = disturbed.failure === null;
    const compare = (of: TakenRun): Promise<Comparison> => compareWith(reference, cluster.place.store, of.id);
    if (!isIdentical(await compare(undisturbed))) throw new Error('The undisturbed run differs from one process.');
    const comparison = completed ? await compare(disturbed) : null;
    const reports = kindReports(kinds, faults);
    return {
      seed,
      steps,
      store,
      leftOut: store === 'file' ? leftOut : {},
      faults,
      kinds: reports,
      tooFew: reports.filter(({ acted }) => acted < times).map(({ kind }) => kind),
      wallMs: disturbed.wallMs,
      undisturbedMs: undisturbed.wallMs,
      usualStepMs,
      failure: disturbed.failure,
      committedSteps: disturbed.committed,
      comparison,
      identical: comparison !== null && isIdentical(comparison),
    };
  } finally {
    await cluster.stop();
  }
}

interface TakenRun {
  readonly id: string;
  readonly wallMs: number;
  readonly stepsMs: readonly number[];
  readonly committed: number;
  readonly failure: string | null;
}

/** Submits a run, lets `disturb` do what it likes, and waits for its end. */
async function trainOn(
  cluster: Cluster,
  document: RunConfigInput,
  follow: (id: string) => Progress,
  disturb: (progress: Progress) => Promise<void>,
): Promise<TakenRun> {
  const [leader] = cluster.coordinators();
  const startedMs = performance.now();
  const { id } = await leader!.api.submit(document);
  const progress = follow(id);
  for (const { api, process } of cluster.coordinators()) progress.ask(api, process.ended);
  let failure: string | null = null;
  try {
    await disturb(progress);
    await progress.complete();
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  progress.close();
  const { commits } = progress;
  const wallMs = performance.now() - startedMs;
  const stepsMs = commits.slice(2).map(({ atMs, step }, index) => {
    const before = commits[index + 1]!;
    return (atMs - before.atMs) / (step - before.step);
  });
  return { id, wallMs, stepsMs, committed: commits.at(-1)!.step, failure };
}
