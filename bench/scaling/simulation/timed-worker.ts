import { rowsOfShards } from '#data/sampling/shard-plan.js';
import { stashBytes } from '#encoder/worker-memory.js';
import { openShardLoader } from '#encoder/shard-loader.js';
import { stashBytesFor } from '#encoder/stash-budget.js';
import { towerNames } from '#model/towers/tower-step.js';
import {
  partsOf,
  shardsPerTaskMax,
  taskId,
  type BackpropTask,
  type EncodeTask,
  type ModelTask,
  type ShardAnswer,
  type Task,
} from '#protocol/pool/task.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { madeUpEmbeddings, madeUpSum, type SmallRun } from '../../../test/simulation/small-run.js';
import type { Job, SimulatedRedis } from '../../../test/simulation/world/simulated-redis.js';
import type { Machine } from '../machines.js';
import { stepCosts, type Workload } from '../step-costs.js';
import type { Host } from './host.js';

export interface TimedWorkerOptions {
  readonly id: string;
  readonly host: Host;
  readonly machine: Machine;
  readonly workload: Workload;
  readonly workers: number;
  readonly run: SmallRun;
  readonly redis: SimulatedRedis;
  readonly store: Store;
  readonly nowMs: () => number;
}

/** Tasks that a worker takes at a time: it loads the samples of the second while it computes the first. */
const tasksAtOnce = 2;
const noKeys = { captionKeys: new Uint8Array(), imageKeys: new Uint8Array() };

/**
 * A worker that takes the time of a real one: it reads θ once a step, loads samples ahead, computes one task after
 * another, keeps stashes as long as its memory lasts, and hashes what it writes. What it computes is made up.
 */
export function startTimedWorker(options: TimedWorkerOptions): void {
  const { id, host, machine, workload, run, redis, store, nowMs } = options;
  const { forwardFlops, parameterBytes, embeddingBytes, shards } = stepCosts(workload);
  const rowsBytes = embeddingBytes / shards;
  const forwardSeconds = (workload.shardSize * forwardFlops) / (machine.forwardGigaflops * 1e9);
  const backwardSeconds = (2 * workload.shardSize * forwardFlops) / (machine.backwardGigaflops * 1e9);
  const stashOfShard = towerNames.reduce(
    (sum, tower) => sum + stashBytes({ model: workload.model, precision: 'float32' }, tower, workload.shardSize),
    0,
  );
  const budget = stashBudget(options, stashOfShard);
  const samples = openShardLoader(async () => {
    await host.load(workload.shardSize);
    return { pairs: workload.shardSize, micro: [], keys: noKeys, skipped: [], longCaptions: 0 };
  });
  /** The part of each shard's activations that is kept, by its number. */
  const stashes = new Map<number, number>();
  let parameters = '';
  let held = 0;
  let last: Promise<unknown> = Promise.resolve();

  const useParameters = async ({ parametersHash }: ModelTask): Promise<void> => {
    if (parametersHash === parameters) return;
    stashes.clear();
    await host.read(parameterBytes, 1 / machine.hashBytesPerSecond + 1 / machine.copyBytesPerSecond);
    parameters = parametersHash;
  };
  const encode = async (task: EncodeTask, time: Stopwatch): Promise<void> => {
    for (const { step, shard } of partsOf(task)) {
      await time('load', () => samples.load({ step, shard }));
      if (shard < task.shard + task.shards - 1) samples.loadAhead({ step, shard: shard + 1 });
      await time('compute', () => host.compute(forwardSeconds));
      const taken = [...stashes.values()].reduce((sum, part) => sum + part * stashOfShard, 0);
      if (taken < budget) stashes.set(shard, Math.min(1, (budget - taken) / stashOfShard));
    }
    const bytes = task.shards * rowsBytes;
    await time('store', () => Promise.all([host.write(bytes), host.hash(bytes)]));
  };
  const backprop = async (task: BackpropTask, time: Stopwatch): Promise<void> => {
    const addSeconds = 1 / machine.sumBytesPerSecond;
    await time('store', () => host.read(task.shards * rowsBytes, 1 / machine.hashBytesPerSecond));
    for (const { shard } of partsOf(task)) {
      const isLast = shard === task.shard + task.shards - 1;
      const kept = stashes.get(shard) ?? 0;
      if (!isLast && !stashes.has(shard + 1)) samples.loadAhead({ step: task.step, shard: shard + 1 });
      if (!stashes.has(shard)) await time('load', () => samples.load({ step: task.step, shard }));
      await time('compute', () => host.compute(backwardSeconds + (1 - kept) * forwardSeconds));
      stashes.delete(shard);
      if (!isLast) await time('compute', () => host.script(parameterBytes * addSeconds));
    }
    const scriptSecondsPerByte = addSeconds + 1 / machine.hashBytesPerSecond;
    await time('store', () => host.write(parameterBytes, { scriptSecondsPerByte }));
  };
  const answerTo = async (task: Task): Promise<ShardAnswer> => {
    if (task.kind !== 'encode' && task.kind !== 'backprop') throw new Error(`no ${task.kind} here`);
    const { time, laps } = startStopwatch(nowMs);
    await useParameters(task);
    await (task.kind === 'encode' ? encode(task, time) : backprop(task, time));
    const keys = runKeys(task.run).step(task.step, task.epoch);
    const { shard, shards: count } = task;
    const [resultKey, blob] =
      task.kind === 'encode'
        ? [keys.embeddings(shard, count, id), madeUpEmbeddings(run, task, parameters)]
        : [
            keys.gradients(shard, count, id),
            await madeUpSum(run, task, parameters, await store.get(task.gradients.key)),
          ];
    await store.put(resultKey, blob);
    const base = { worker: id, taskId: taskId(task), shard, shards: count, parametersHash: parameters, resultKey };
    const result = { ...base, resultHash: await contentHash(blob), ...laps };
    return task.kind === 'encode'
      ? { kind: 'encode', ...result, pairs: rowsOfShards(run.shards, shard, count).size, skipped: [] }
      : { kind: 'backprop', ...result, recomputed: false };
  };
  const handle = async (job: Job): Promise<void> => {
    const { task } = job;
    if (task.kind === 'encode' || !stashes.has(task.shard)) samples.loadAhead(task);
    if (task.kind === 'backprop' && task.next) samples.loadAhead(task.next);
    const next = last.then(() => answerTo(task));
    last = next;
    redis.answer(job, await next);
    held -= 1;
    take();
  };
  const take = (): void => {
    while (held < tasksAtOnce) {
      const job = redis.take(id);
      if (!job) return;
      held += 1;
      void handle(job);
    }
  };
  redis.onJob(({ queue }) => queue === id && take());
}

/** The bytes that all stashes of a worker may take together, as the worker itself decides it. */
function stashBudget({ machine, workload, workers }: TimedWorkerOptions, stashOfShard: number): number {
  const { parameterBytes, shards } = stepCosts(workload);
  const totalBytes = machine.isShared ? machine.memoryBytes / (workers + 1) : machine.memoryBytes;
  const sums = Math.ceil(Math.log2(Math.min(Math.ceil(shards / workers), shardsPerTaskMax)));
  const needs = { takenBytes: 0, stashBytes: stashOfShard, parameterBytes, sumBytes: sums * parameterBytes };
  return machine.deviceCores === 0
    ? stashBytesFor('auto', { kind: 'gpu', totalBytes }, needs)
    : stashBytesFor(
        'auto',
        { kind: 'host', totalBytes, availableBytes: totalBytes - parameterBytes, limit: 'machine' },
        needs,
      );
}

type Lap = 'load' | 'compute' | 'store';
type Stopwatch = <Result>(lap: Lap, work: () => Promise<Result>) => Promise<Result>;

/** Milliseconds of simulated time, as a worker reports them. */
function startStopwatch(nowMs: () => number): {
  readonly time: Stopwatch;
  readonly laps: { loadMs: number; computeMs: number; storeMs: number };
} {
  const laps = { loadMs: 0, computeMs: 0, storeMs: 0 };
  return {
    laps,
    async time(lap, work) {
      const startedMs = nowMs();
      const result = await work();
      laps[`${lap}Ms`] += nowMs() - startedMs;
      return result;
    },
  };
}
