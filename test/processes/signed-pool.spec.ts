// Goal: a pool with a key believes nothing that was not signed with it. Method: a real pool on a real Redis, into which
// somebody without the key writes tasks, answers and records while a run trains.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { names } from '#protocol/pool/presence.js';
import { openMessageSigner } from '#protocol/pool/signed-messages.js';
import { openStore } from '#store/open-store.js';
import { runKeys } from '#store/run/keys.js';
import { startCommand } from '../support/command.js';
import { openHome, startTestCoordinator } from '../support/coordinator.js';
import { startPool, type TestPool } from '../support/pool.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyRun } from '../support/models/tiny-run.js';

const poolKey = 'the-pool-key-of-the-tests';
let directory: string;
let pool: TestPool;
let redis: Redis;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-signed-'));
  await writeTinyData(join(directory, 'data'));
  pool = await startPool({ TANDEM_POOL_KEY: poolKey });
  redis = new Redis(pool.redisUrl);
  await pool.addWorker();
});
afterAll(async () => {
  redis?.disconnect();
  await pool?.stop();
  await rm(directory, { recursive: true });
});

async function put(name: string, messages: readonly unknown[]): Promise<void> {
  const queue = new Queue(name, { connection: { url: pool.redisUrl }, prefix: 'tandem' });
  await queue.addBulk(messages.map((data) => ({ name: 'message', data })));
  await queue.close();
}

const hash = 'a'.repeat(64);
const forged = (store: string): object => ({
  ...{ kind: 'encode', protocol: 1, code: 'c', run: 'r', epoch: 1, step: 0, shard: 0, shards: 1, store },
  ...{ configHash: hash, parametersKey: 'runs/r/p', parametersHash: hash },
});

it('tasks, answers and records without its signature are counted, told of and change nothing', async () => {
  const store = openStore(join(directory, 'store'));
  const trained = pool.train({ id: 'r', config: tinyRun(join(directory, 'data'), { steps: 4 }), store });
  const stranger = openMessageSigner({ poolKey: 'some-key-of-a-stranger', prefix: 'tandem' });
  const task = forged(`file:${directory}/elsewhere`);
  // In the name of a task that is waited for: it must not count as that one's failure.
  const failure = { code: 'SHARD_FAILED', message: 'm', help: '', retryable: false, context: {} };
  const answer = { kind: 'failed', worker: 'liar', taskId: 'r.1.0.encode.0', error: failure };
  await put(names.tasks, [task, stranger.sign('task', task)]);
  await put(names.answers, [answer, stranger.sign('answer', answer)]);
  const record = { id: 'ghost', protocol: 1 };
  await redis.hset(names.workers('tandem'), 'ghost', JSON.stringify(stranger.sign('worker record', record)));
  await expect
    .poll(() => pool.unreadableMessages(), { timeout: 30_000 })
    .toEqual({ 'worker record': 1, answer: 2, task: 2 });

  expect((await trained).filter(({ kind }) => kind === 'step')).toHaveLength(4);
  // Not set aside for a failure that somebody else made up.
  await expect.poll(() => pool.workers().map(({ state }) => state)).toEqual(['idle']);
  expect(await readdir(directory)).not.toContain('elsewhere');
  const told = pool.logged.map(({ kind, problem }) => `${String(kind)}: ${String(problem)}`);
  expect(told.filter((line) => /not signed|another key/.test(line)).length).toBeGreaterThanOrEqual(3);
});

it('a signed message of before, sent again, changes nothing', async () => {
  const store = openStore(join(directory, 'replay'));
  const config = tinyRun(join(directory, 'data'), { steps: 6 });
  const taken: unknown[] = [];
  const monitor = await redis.monitor();
  // MONITOR writes a backslash as two.
  monitor.on('monitor', (_: string, args: readonly string[]) => {
    for (const [signed] of args.join('\n').matchAll(/\{"body":"[^]*?","signature":"[\w+/=]+"\}/g))
      taken.push(JSON.parse(signed.replaceAll('\\\\', '\\')));
  });
  const before = await pool.train({ id: 'replayed', config, store });
  monitor.disconnect();
  expect(taken.length).toBeGreaterThan(10);
  const again = pool.train({ id: 'again', config, store });
  const those = (what: string): unknown[] => taken.filter((one) => JSON.stringify(one).includes(what)).slice(0, 50);
  const [tasks, answers] = [those('configHash'), those('resultHash')];
  expect([tasks.length > 5, answers.length > 5]).toEqual([true, true]);
  await put(names.tasks, tasks);
  await put(names.answers, answers);
  const lossesOf = (events: typeof before): unknown[] =>
    events.flatMap((event) => (event.kind === 'step' ? [event.metrics.loss] : []));
  expect(lossesOf(await again)).toEqual(lossesOf(before));
  const kept: string[] = [];
  for await (const key of store.list(runKeys('replayed').prefix)) kept.push(key);
  expect(kept.length).toBeGreaterThan(0);
});

it('a worker with another key, or none, does not join, and says why', async () => {
  for (const own of [{ TANDEM_POOL_KEY: 'another-key-of-the-tests' }, {}]) {
    const entry = fileURLToPath(new URL('../../apps/worker/src/main.js', import.meta.url));
    const settings = { REDIS_URL: pool.redisUrl, TANDEM_DEVICE: 'cpu', TANDEM_CACHE: 'off', ...own };
    const worker = spawn(process.execPath, [entry], { env: { PATH: process.env['PATH'], ...settings } });
    let output = '';
    worker.stderr.on('data', (text: Buffer) => void (output += text.toString()));
    const [code] = (await once(worker, 'close')) as [number];
    expect([code, output]).toEqual([2, expect.stringMatching(/Expected a coordinator record[^]*TANDEM_POOL_KEY/)]);
    expect(output).not.toContain('key-of-the-tests');
  }
});

it('a worker with an API key of scope worker fetches the pool key; with another it ends and says so', async () => {
  const home = await openHome();
  const coordinator = await startTestCoordinator({ ...home.settings, TANDEM_POOL_KEY: poolKey });
  const keyOf = async (scope: string): Promise<string> =>
    ((await (await coordinator.post('/v1/keys', { name: scope, scope })).json()) as { key: string }).key;
  const worker = await pool.addWorker({
    ...{ TANDEM_POOL_KEY: '', TANDEM_URL: coordinator.url, TANDEM_API_KEY: await keyOf('worker') },
    TANDEM_WORKER_ID: 'fetched',
  });
  expect(pool.workers().map(({ id }) => id)).toContain('fetched');
  worker.kill('SIGTERM');
  await once(worker, 'exit');

  const environment = { TANDEM_URL: coordinator.url, TANDEM_API_KEY: await keyOf('submit') };
  const refused = await startCommand(['worker'], { REDIS_URL: pool.redisUrl, ...environment });
  expect([await refused.exit, refused.output()]).toEqual([2, expect.stringMatching(/scope worker, got "submit"/)]);
  await refused.close();
  await coordinator.close();
  await home.close();
});
