import { rowsOfShards } from '#data/sampling/shard-plan.js';
import { heartbeatMs, retryMs } from '#protocol/pool/presence.js';
import {
  protocolVersion,
  taskId,
  type Answer,
  type ModelAnswer,
  type ModelTask,
  type Task,
  type TaskResult,
} from '#protocol/pool/task.js';
import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { madeUpEmbeddings, madeUpSum, type SmallRun } from '../small-run.js';
import type { SimulatedRedis } from './simulated-redis.js';
import { startProcess, type SimulatedProcess, type World } from './world.js';

export interface WorkerTroubles {
  /** The probability that a worker computes with the parameters of the task before, and says so in its answer. */
  stale: number;
}

export interface WorkerSurroundings {
  readonly world: World;
  readonly redis: SimulatedRedis;
  readonly store: { openFor(process: SimulatedProcess): Store };
  readonly run: SmallRun;
  readonly troubles: WorkerTroubles;
  /** The probability that it computes a wrong number, and does not notice. */
  readonly miscomputing: number;
  /** How many times as long as the others it takes for a shard. */
  readonly slowness: number;
}

/**
 * A worker that obeys the protocol. Instead of a tower it computes a cheap function of what the result of a tower
 * depends on: the parameters, the step, the shard and, in backprop, the gradients of the embeddings.
 */
export function startSimulatedWorker(id: string, surroundings: WorkerSurroundings): SimulatedProcess {
  const { world, redis, troubles } = surroundings;
  const process = startProcess(world, id);
  const store = surroundings.store.openFor(process);
  const startedAt = String(world.nowMs());
  let beats = 0;
  let holding: string | undefined;
  let tasksDone = 0;
  let known = { key: '', hash: '' };

  const beat = (): void => {
    if (!process.isRunning()) return;
    const who = {
      id,
      code: 'simulated',
      host: 'h',
      pid: 1,
      device: 'none',
      threads: 1,
      arithmetic: 'none',
      memoryBytes: null,
      protocol: protocolVersion,
    };
    redis.beat({ ...who, task: holding ?? null, trouble: null, tasksDone, startedAt, beat: ++beats });
  };
  const compute = async (task: Task): Promise<Answer> => {
    if (task.kind === 'download' || task.kind === 'count') throw new Error(`no ${task.kind} here`);
    const isStale = known.hash !== '' && known.hash !== task.parametersHash && world.happens(troubles.stale);
    if (!isStale && known.hash !== task.parametersHash) {
      await checked(store, task.parametersKey, task.parametersHash);
      known = { key: task.parametersKey, hash: task.parametersHash };
    }
    const parametersHash = known.hash;
    const beganMs = world.nowMs();
    const rows = task.kind === 'backprop' ? await checked(store, task.gradients.key, task.gradients.hash) : undefined;
    for (let at = 0; at < task.shards; at++) {
      await process.time.sleep(surroundings.slowness * world.delay(20, 200));
    }
    const computeMs = world.nowMs() - beganMs;
    const result = await write(task, parametersHash, rows);
    const times = { loadMs: 0, computeMs, storeMs: 0 };
    const { shard, shards } = task;
    return { ...result, worker: id, taskId: taskId(task), shard, shards, parametersHash, ...times };
  };
  const write = async (
    task: ModelTask,
    hash: string,
    rows: Uint8Array | undefined,
  ): Promise<TaskResult<ModelAnswer>> => {
    if (task.kind === 'features') throw new Error('nothing is evaluated here');
    const keys = runKeys(task.run).step(task.step, task.epoch);
    const [resultKey, blob] =
      task.kind === 'encode'
        ? [keys.embeddings(task.shard, task.shards, id), madeUpEmbeddings(surroundings.run, task, hash)]
        : [keys.gradients(task.shard, task.shards, id), await madeUpSum(surroundings.run, task, hash, rows!)];
    const isWrong = surroundings.miscomputing > 0 && world.happens(surroundings.miscomputing);
    if (isWrong) blob[blob.byteLength - 1]! ^= 0b10; // Before it is hashed.
    const resultHash = await contentHash(blob);
    await store.put(resultKey, blob);
    const { size } = rowsOfShards(surroundings.run.shards, task.shard, task.shards);
    return task.kind === 'encode'
      ? { kind: 'encode', resultKey, resultHash, pairs: size, skipped: [] }
      : { kind: 'backprop', resultKey, resultHash, recomputed: false };
  };
  const take = async (): Promise<void> => {
    if (holding !== undefined || !process.isRunning()) return;
    const job = redis.take(id);
    if (!job) return;
    holding = job.key;
    const answer = await compute(job.task).catch((error: unknown): Answer => ({
      kind: 'failed',
      worker: id,
      taskId: taskId(job.task),
      error: toWireError(error, ErrorCode.ShardFailed),
    }));
    while (!redis.answer(job, answer)) await process.time.sleep(retryMs);
    tasksDone += 1;
    holding = undefined;
    void take();
  };
  redis.onJob(() => world.after(world.delay(0, 5), () => process.reach(() => void take())));
  const live = async (): Promise<void> => {
    for (;;) {
      beat();
      void take(); // A job that came while Redis was down.
      await process.time.sleep(heartbeatMs);
    }
  };
  void live();
  return process;
}

/** Throws STORE_FAILED if the blob is another, as the workers' checkedBytes does. */
async function checked(store: Store, key: string, hash: string): Promise<Uint8Array> {
  const bytes = await store.get(key);
  if ((await contentHash(bytes)) === hash) return bytes;
  throw new TandemError({ code: ErrorCode.StoreFailed, message: `Expected ${hash} at ${key}`, retryable: true });
}
