import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import type { RedisClient } from '#protocol/redis/redis-client.js';
import { pino } from 'pino';
import { openDevice } from '#engine/run/open-device.js';
import { codeVersion } from '#protocol/code-version.js';
import { connectRedis } from '#protocol/redis/connect-redis.js';
import { names, workerRecordSchema, type WorkerRecord } from '#protocol/pool/presence.js';
import { protocolVersion, taskId, type Answer, type Task } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openStore } from '#store/open-store.js';
import { readConfig as readCoordinatorConfig } from '../../../apps/coordinator/src/config.js';
import { openMessageSigner } from '#protocol/pool/signed-messages.js';
import { openRedisTransport } from '../../../apps/coordinator/src/pool/redis-transport.js';
import { openWorkerPool } from '../../../apps/coordinator/src/pool/worker-pool.js';
import { openTrainer } from '../../../apps/coordinator/src/training/open-trainer.js';
import { readConfig as readWorkerConfig } from '../../../apps/worker/src/config.js';
import { announce, joinCoordinator, redisOptionsOf } from '../../../apps/worker/src/presence.js';
import { openTaskHandler } from '../../../apps/worker/src/task-handler.js';
import { startWorker } from '../../../apps/worker/src/worker.js';
import { startRedis } from '../../support/servers/redis.js';
import { writeTinyData } from '../../support/models/tiny-data.js';
import { undisturbed } from '../../support/pool.js';
import { tinyRun } from '../../support/models/tiny-run.js';
import type { Chance } from '../chance.js';
import { hostileString, mutateJson } from '../mutate-document.js';
import type { OpenTarget, Target } from '../target.js';

const log = pino({ level: 'silent' });
/** Queue prefixes: of the pool that trains, and of one that only receives messages. */
const prefixes = { training: 'tandem', shown: 'shown' } as const;

/**
 * Everything that is read from Redis: tasks by a worker; answers and worker records by a coordinator; the coordinator's
 * record by a worker. Afterwards, the same coordinator and worker must still train a run.
 */
export const queue: Target = {
  cases: 150,
  async open(folder) {
    const redis = await startRedis();
    const environment = {
      REDIS_URL: redis.url,
      TANDEM_LOG_LEVEL: 'silent',
      TANDEM_DEVICE: 'cpu',
      TANDEM_CACHE: 'off',
      TANDEM_THREADS: '1',
    };
    const data = join(folder, 'data');
    await writeTinyData(data);
    const ready = await openTrainer(
      readCoordinatorConfig([], { ...environment, TANDEM_STORE: `file:${join(folder, 'coordinator')}` }),
      log,
    );
    const trainer = await ready.start();
    const worker = await startWatchedWorker(environment);
    const store = openStore(join(folder, 'store'));
    const train = (id: string): Promise<unknown> =>
      trainer.train({
        ...undisturbed,
        id,
        config: tinyRun(data, { steps: 2 }),
        store,
        onEvent: () => undefined,
      });
    await train('before');
    const client = await connectRedis({ url: redis.url, prefix: prefixes.training, evictionAllowed: false });
    const { tasks, answers } = worker;
    const record = workerRecordSchema.parse(
      JSON.parse((await client.hget(names.workers(prefixes.training), 'watched'))!),
    );
    const kinds = [
      ...(await taskCases(redis.url, client, [...tasks])),
      ...(await messageCases(redis.url, client, { task: tasks[0]!, answers: [...answers], record })),
    ];
    return {
      run: (chance) => chance.pick(kinds)(chance),
      async finish() {
        await train('after');
        await untilIdle(client);
      },
      async close() {
        await worker.stop();
        await trainer.close();
        await store.close();
        client.disconnect();
        await redis.stop();
      },
    };
  },
};

/** Messages are fuzzed as if whoever writes them had the pool's key. */
const unsigned = openMessageSigner({ poolKey: undefined, prefix: '' });

interface WatchedWorker {
  readonly tasks: readonly Task[];
  readonly answers: readonly Answer[];
  stop(): Promise<void>;
}

/** A worker as worker-process.ts starts it, but in this process, so that unhandled rejections are noticed. */
async function startWatchedWorker(environment: Readonly<Record<string, string>>): Promise<WatchedWorker> {
  const config = readWorkerConfig([], { ...environment, TANDEM_WORKER_ID: 'watched' });
  const code = codeVersion();
  const redis = await connectRedis(redisOptionsOf(config));
  const device = await openDevice({ kind: config.device, threads: 1, cache: undefined });
  const presence = await announce({ config, code, device: device.name, arithmetic: 'a', memoryBytes: null, log });
  await joinCoordinator({ redis, config, code, log, signer: unsigned }, sleep);
  presence.trouble(null);
  const handler = openTaskHandler({
    worker: config.id,
    code,
    device,
    storeAccess: {},
    stashBytesFor: () => 2 ** 24,
    runsHeld: 1,
    now: () => performance.now(),
    signer: unsigned,
  });
  const [tasks, answers]: [Task[], Answer[]] = [[], []];
  const watched = {
    ...handler,
    async handle(message: unknown) {
      const answer = await handler.handle(message);
      if (tasks.length < 8) {
        tasks.push(message as Task);
        answers.push(answer);
      }
      return answer;
    },
  };
  const worker = startWorker({
    config,
    redis,
    presence,
    handler: watched,
    log,
    signer: unsigned,
    onAnswer: () => undefined,
  });
  return {
    tasks,
    answers,
    async stop() {
      await worker.stop();
      await device.close();
      redis.disconnect();
    },
  };
}

type Kind = OpenTarget['run'];

/** Mutated tasks in the two queues that a worker takes tasks from. */
async function taskCases(url: string, client: RedisClient, seeds: readonly Task[]): Promise<Kind[]> {
  return [names.tasks, names.tasksOf('watched')].map((name) => {
    const jobs = openQueue(name, prefixes.training, url);
    return (chance: Chance) => put(jobs, client, mutateJson(chance.pick(seeds), chance), chance);
  });
}

interface ShownMessages {
  readonly task: Task;
  readonly answers: readonly Answer[];
  readonly record: WorkerRecord;
}

/** Mutated answers and records for a pool with one outstanding task. The cases decide when it ticks. */
async function messageCases(
  url: string,
  client: RedisClient,
  { task, answers, record }: ShownMessages,
): Promise<Kind[]> {
  const transport = await openRedisTransport({
    redis: client,
    prefix: prefixes.shown,
    onTrouble: () => undefined,
    unreadable: { note: () => undefined },
    signer: unsigned,
  });
  let nowMs = 0;
  let tick = async (): Promise<void> => undefined;
  const proof = { store: 'file:/none', key: 'none', sha256: 'none' };
  const self = { protocol: protocolVersion, code: task.code, startedAt: record.startedAt, proof };
  const pool = openWorkerPool({
    transport,
    self,
    nowMs: () => nowMs,
    every: (beat) => ((tick = beat), { stop: () => Promise.resolve() }),
    onChange: () => undefined,
  });
  const jobs = openQueue(names.answers, prefixes.shown, url);
  const withTaskOut = async (meanwhile: () => Promise<void>): Promise<void> => {
    const stop = new AbortController();
    const limits = { leaseMs: 30_000, attempts: 3, stragglerFactor: 2, verifyShare: 0 };
    const run = pool.run([{ task, to: { kind: 'any' } }], {
      ...{ run: task.run, seed: 0, priority: () => 0, limits, workerBytes: 0, signal: stop.signal },
      onAnswer: () => Promise.resolve(),
      onRetry: () => undefined,
      onFinding: () => undefined,
    });
    const ended = run.then(
      () => undefined,
      (error: unknown) => error,
    );
    await meanwhile();
    stop.abort();
    const error = await ended;
    if (error !== undefined) throw error as Error;
  };
  const seeds = answers.map((answer) => ({ ...answer, taskId: taskId(task) }));
  const workers = names.workers(prefixes.shown);
  const coordinator = names.coordinator(prefixes.shown);
  return [
    (chance) => withTaskOut(() => put(jobs, client, mutateJson(chance.pick(seeds), chance), chance)),
    async (chance) => {
      const id = hostileString(chance);
      const other = chance.oneIn(3) ? JSON.stringify({ ...record, id }) : mutateJson(record, chance);
      await client.hset(workers, { watched: JSON.stringify(record), [id]: other });
      await tick();
      await withTaskOut(tick);
      JSON.stringify(pool.workers());
      if (!pool.workers().some(({ id }) => id === 'watched'))
        throw new Error('a worker in order is not seen beside one that is not');
      nowMs += 60_000;
      await tick();
      await client.del(workers);
      await tick();
    },
    async (chance) => {
      await client.set(coordinator, mutateJson(self, chance));
      const config = { ...readWorkerConfig([], { REDIS_URL: url }), queuePrefix: prefixes.shown };
      await joinCoordinator({ redis: client, config, code: task.code, log, signer: unsigned }, refuseToWait);
    },
  ];
}

function refuseToWait(): Promise<void> {
  return Promise.reject(new TandemError({ code: ErrorCode.Cancelled, message: 'It waits for a coordinator.' }));
}

function openQueue(name: string, prefix: string, url: string): Queue {
  return new Queue(name, { connection: { url }, prefix });
}

/**
 * Puts a message into a queue and waits until it is taken. Text that is no JSON is written into BullMQ's job itself.
 */
async function put(jobs: Queue, client: RedisClient, text: string, chance: Chance): Promise<void> {
  const data = parsed(text);
  const name = chance.oneIn(4) ? hostileString(chance) : 'task';
  if (data === undefined) await jobs.pause();
  const job = await jobs.add(name, data, { removeOnComplete: true, removeOnFail: true });
  const key = jobs.toKey(job.id!);
  if (data !== undefined) {
    while ((await client.exists(key)) > 0) await sleep(2);
    return;
  }
  await client.hset(key, 'data', text);
  await jobs.resume();
  await sleep(50);
  await jobs.obliterate({ force: true });
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    JSON.stringify(value); // A value that is nested too deeply can be read but not written.
    return value;
  } catch {
    return undefined;
  }
}

/** Throws if the worker still says that it works on a task. */
async function untilIdle(client: RedisClient): Promise<void> {
  for (let looks = 0; looks < 100; looks++) {
    const { task } = workerRecordSchema.parse(
      JSON.parse((await client.hget(names.workers(prefixes.training), 'watched'))!),
    );
    if (task === null) return;
    if (looks === 99)
      throw new Error(`the worker has nothing to do and says that it works on ${JSON.stringify(task).slice(0, 200)}`);
    await sleep(20);
  }
}
