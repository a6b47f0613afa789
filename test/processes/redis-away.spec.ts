// Goal: whoever is asked to stop while Redis is away stops by itself, whether it trains or not, and the run goes on
// from its last committed step. Method: real processes; redis-server is frozen or killed. A stop that hangs exceeds the
// time of its test.
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connectApi } from '#cluster/api-client.js';
import { temporaryDirectory } from '../support/coordinator.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyDocument } from '../support/models/tiny-run.js';
import { addressOf, startApp, type AppProcess } from '../support/processes/app-process.js';
import { startRedis, type PrivateRedis } from '../support/servers/redis.js';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const running: (AppProcess | PrivateRedis)[] = [];

beforeAll(async () => {
  directory = await temporaryDirectory();
  await writeTinyData(join(directory.path, 'data'));
});
afterEach(async () => {
  for (const one of running.splice(0)) {
    if ('kill' in one) one.kill('SIGKILL');
    else await one.stop();
  }
});
afterAll(() => directory?.remove());

const apiKey = 'a-key-of-the-tests';

async function startPool(name: string, more: Readonly<Record<string, string>> = {}) {
  const redis = await startRedis();
  const settings = {
    REDIS_URL: redis.url,
    TANDEM_STORE: `file:${directory.path}/${name}`,
    TANDEM_DATA_DIR: directory.path,
    TANDEM_API_KEY: apiKey,
    TANDEM_GRACE_MS: '10000',
    ...more,
  };
  const [coordinator, worker] = [startApp('coordinator', settings), startApp('worker', settings)];
  running.push(redis, coordinator, worker);
  await worker.says(/The worker is ready/);
  return { redis, coordinator, worker, settings, api: connectApi({ url: await addressOf(coordinator), apiKey }) };
}

it.each(['SIGSTOP', 'SIGKILL'] as const)(
  'without a run, after %s of Redis, both stop in order',
  async (signal) => {
    const { redis, coordinator, worker } = await startPool(`idle-${signal}`);
    redis.signal(signal);
    for (const process of [coordinator, worker]) process.kill('SIGTERM');
    expect(await Promise.all([coordinator.exit, worker.exit])).toEqual([0, 0]);
    expect(coordinator.output()).toMatch(/the coordinator has stopped/);
    for (const process of [coordinator, worker]) expect(process.output()).not.toMatch(/^\s+at /m);
  },
  60_000,
);

it.each(['SIGSTOP', 'SIGKILL'] as const)(
  'in a run, after %s of Redis, both stop, and the run goes on',
  async (signal) => {
    const { redis, coordinator, worker, settings, api } = await startPool(`training-${signal}`);
    const { id } = await api.submit(tinyDocument(join(directory.path, 'data'), { steps: 1_000_000 }));
    await expect.poll(async () => (await api.run(id)).step, { timeout: 60_000 }).toBeGreaterThan(0);
    redis.signal(signal);
    for (const process of [coordinator, worker]) process.kill('SIGTERM');
    expect(await Promise.all([coordinator.exit, worker.exit])).toEqual([0, expect.any(Number)]);
    await redis.stop();

    const again = await startRedis();
    const next = startApp('coordinator', { ...settings, REDIS_URL: again.url });
    running.push(again, next);
    const run = await connectApi({ url: await addressOf(next), apiKey }).run(id);
    expect(run).toMatchObject({ state: expect.stringMatching(/queued|preparing|training/) });
    expect(run.step).toBeGreaterThan(0);
  },
  120_000,
);

it('a stop that takes longer than TANDEM_GRACE_MS is ended, and says what did not answer', async () => {
  const { redis, coordinator, worker } = await startPool('short', { TANDEM_GRACE_MS: '100' });
  redis.signal('SIGSTOP');
  for (const process of [coordinator, worker]) process.kill('SIGTERM');
  expect(await Promise.all([coordinator.exit, worker.exit])).toEqual([1, 1]);
  expect(coordinator.output()).toMatch(/stop within 100 ms \(TANDEM_GRACE_MS\).*\n.*Redis or the store/);
  expect(worker.output()).toMatch(/The worker ends before it has stopped/);
}, 60_000);
