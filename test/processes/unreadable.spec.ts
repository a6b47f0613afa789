// Goal: what nobody can read in Redis harms nobody, and is counted and told of once. Method: a real pool on a real
// Redis. Records, answers and tasks that are no such thing lie in it while a run trains.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { heartbeatMs, names } from '#protocol/pool/presence.js';
import { openStore } from '#store/open-store.js';
import { startPool, type TestPool } from '../support/pool.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyRun } from '../support/models/tiny-run.js';

let directory: string;
let pool: TestPool;
let redis: Redis;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-unreadable-'));
  await writeTinyData(join(directory, 'data'));
  pool = await startPool();
  redis = new Redis(pool.redisUrl);
  await pool.addWorker();
});
afterAll(async () => {
  redis?.disconnect();
  await pool?.stop();
  await rm(directory, { recursive: true });
});

it('records, answers and tasks that cannot be read are counted, told of once each, and change nothing', async () => {
  const workers = names.workers('tandem');
  const [known] = Object.values(await redis.hgetall(workers)) as [string];
  const newer = { ...(JSON.parse(known) as object), id: 'newer', wings: 2 };
  await redis.hset(workers, { broken: '{"id": "brok', newer: JSON.stringify(newer) });
  await put(names.answers, [{ kind: 'encode', worker: 'liar' }, 'nonsense', null]);
  await put(names.tasks, [{ kind: 'encode', run: 'r', step: 'first' }]);
  await expect
    .poll(() => pool.unreadableMessages(), { timeout: 30_000 })
    .toEqual({ 'worker record': 2, answer: 3, task: 1 });

  const store = openStore(join(directory, 'store'));
  await pool.train({ id: 'r', config: tinyRun(join(directory, 'data'), { steps: 2 }), store });
  expect(pool.workers()).toHaveLength(1);
  await redis.hset(workers, { newer: JSON.stringify({ ...newer, beat: 1 }) });
  await sleep(3 * heartbeatMs);
  await expect.poll(() => pool.unreadableMessages()).toEqual({ 'worker record': 3, answer: 3, task: 1 });
  const told = pool.logged
    .filter(({ source }) => source !== undefined)
    .map(({ kind, source }) => `${String(kind)} of ${String(source)}`);
  const { id } = pool.workers()[0]!;
  expect(told.toSorted()).toEqual([
    'answer of liar',
    'answer of unknown',
    `task of ${id}`,
    'worker record of broken',
    'worker record of newer',
  ]);
  expect(pool.logged.find(({ source }) => source === 'newer')!['problem']).toContain('wings');
});

async function put(name: string, messages: readonly unknown[]): Promise<void> {
  const queue = new Queue(name, { connection: { url: pool.redisUrl }, prefix: 'tandem' });
  await queue.addBulk(messages.map((data) => ({ name: 'message', data })));
  await queue.close();
}
