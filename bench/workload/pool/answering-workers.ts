import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker, type Job } from 'bullmq';
import { updatedTensors } from '#model/parameters/trainable-parameters.js';
import { connectRedis } from '#protocol/redis/connect-redis.js';
import { coordinatorRecordSchema, heartbeatMs, names, type WorkerRecord } from '#protocol/pool/presence.js';
import { protocolVersion, taskId, type Answer, type ModelTask } from '#protocol/pool/task.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { contentHash } from '#store/content-hash.js';
import { openStore } from '#store/open-store.js';
import { runKeys } from '#store/run/keys.js';
import { encodeFloat32 } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { rowsOfShards, shardPlan, type ShardRange } from '#data/sampling/shard-plan.js';

/*
 * Many workers in one process, which compute nothing: each answers its tasks at once with results that it has made
 * before. What a step then takes is what the coordinator, Redis and the store take.
 */

const {
  REDIS_URL: url = '',
  TANDEM_QUEUE_PREFIX: prefix = '',
  TANDEM_STORE = '',
  ANSWERING_WORKERS = '1',
} = process.env;
const redis = await connectRedis({ url, prefix, evictionAllowed: false });
const connection = { url, maxRetriesPerRequest: null };
const answers = new Queue<Answer>(names.answers, { connection, prefix });
const store = openStore(TANDEM_STORE);
const made = new Map<string, Promise<Results>>();

interface Result {
  readonly bytes: Uint8Array;
  readonly hash: string;
}

interface Results {
  embeddings(pairs: number): Promise<Result>;
  readonly shards: readonly ShardRange[];
  readonly gradient: Result;
}

async function resultsFor(run: string): Promise<Results> {
  const config = JSON.parse(new TextDecoder().decode(await store.get(runKeys(run).document))) as RunConfig;
  const width = config.model.embed_dim;
  const hashed = async (bytes: Uint8Array): Promise<Result> => ({ bytes, hash: await contentHash(bytes) });
  const rows = (pairs: number): { shape: number[]; data: Float32Array } => ({
    shape: [pairs, width],
    data: Float32Array.from({ length: pairs * width }, (_, at) => Math.sin(at + pairs) * Math.sqrt(2 / width)),
  });
  const bySize = new Map<number, Promise<Result>>();
  const embeddings = (pairs: number): Promise<Result> => {
    const known = bySize.get(pairs) ?? hashed(encodeFloat32({ image: rows(pairs), text: rows(pairs) }));
    bySize.set(pairs, known);
    return known;
  };
  const gradient = await hashed(sharedBlob(updatedTensors(config)).bytes);
  return { shards: shardPlan(config), embeddings, gradient };
}

async function answerTo(task: ModelTask, worker: string): Promise<Answer> {
  const results = made.get(task.run) ?? resultsFor(task.run);
  made.set(task.run, results);
  const { shards: plan, embeddings, gradient } = await results;
  const { shard, shards, parametersHash } = task;
  const keys = runKeys(task.run).step(task.step, task.epoch);
  const base = {
    ...{ worker, taskId: taskId(task), shard, shards, parametersHash },
    ...{ loadMs: 0, computeMs: 1, storeMs: 0 },
  };
  if (task.kind === 'encode') {
    const { size: pairs } = rowsOfShards(plan, shard, shards);
    const { bytes, hash } = await embeddings(pairs);
    const resultKey = keys.embeddings(shard, shards, worker);
    await store.put(resultKey, bytes);
    return { kind: 'encode', ...base, resultKey, resultHash: hash, pairs, skipped: [] };
  }
  const resultKey = keys.gradients(shard, shards, worker);
  await store.put(resultKey, gradient.bytes);
  return { kind: 'backprop', ...base, resultKey, resultHash: gradient.hash, recomputed: false };
}

async function joinAs(id: string, code: string): Promise<void> {
  const who = {
    id,
    code,
    protocol: protocolVersion,
    host: 'bench',
    pid: process.pid,
    device: 'none',
    threads: 1,
    arithmetic: 'none',
  };
  const record = { ...who, memoryBytes: null, task: null, trouble: null, tasksDone: 0, startedAt: String(Date.now()) };
  let beat = 0;
  const show = async (): Promise<void> => {
    await redis.hset(names.workers(prefix), id, JSON.stringify({ ...record, beat: ++beat } satisfies WorkerRecord));
  };
  new Worker(
    names.tasksOf(id),
    async ({ data }: Job<ModelTask>) => {
      await answers.add('answer', await answerTo(data, id), { removeOnComplete: true, removeOnFail: true });
    },
    { connection, prefix, name: id, concurrency: 2, removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } },
  );
  await show();
  setInterval(() => void show(), heartbeatMs);
}

let text = await redis.get(names.coordinator(prefix));
for (; text === null; text = await redis.get(names.coordinator(prefix))) await sleep(heartbeatMs);
const { code } = coordinatorRecordSchema.parse(JSON.parse(text));
for (let number = 1; number <= Number(ANSWERING_WORKERS); number++) await joinAs(`answering-${number}`, code);
