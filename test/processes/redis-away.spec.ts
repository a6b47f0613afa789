// Goal: whoever is asked to stop while Redis is away stops by itself, whether it trains or not, and the run goes on
// from its last committed step. Method: real processes; redis-server is frozen or killed. A stop that hangs exceeds the
// time of its test.
import { expect, it } from 'vitest';
import { tinyDocument } from '../support/models/tiny-run.js';
import { stoppedPools } from '../support/processes/stopped-pool.js';
import { startRedis } from '../support/servers/redis.js';

const pools = stoppedPools();

it.each(['SIGSTOP', 'SIGKILL'] as const)(
  'without a run, after %s of Redis, both stop in order',
  async (signal) => {
    const { redis, coordinator, worker } = await pools.start(`idle-${signal}`);
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
    const { redis, coordinator, worker, settings, api } = await pools.start(`training-${signal}`);
    const { id } = await api.submit(tinyDocument(pools.data(), { steps: 1_000_000 }));
    await expect.poll(async () => (await api.run(id)).step, { timeout: 60_000 }).toBeGreaterThan(0);
    redis.signal(signal);
    for (const process of [coordinator, worker]) process.kill('SIGTERM');
    expect(await Promise.all([coordinator.exit, worker.exit])).toEqual([0, expect.any(Number)]);
    await redis.stop();

    const again = pools.owns(await startRedis());
    const run = await (await pools.restart({ ...settings, REDIS_URL: again.url })).run(id);
    expect(run).toMatchObject({ state: expect.stringMatching(/queued|preparing|training/) });
    expect(run.step).toBeGreaterThan(0);
  },
  120_000,
);

it('a stop that takes longer than TANDEM_GRACE_MS is ended, and says what did not answer', async () => {
  const { redis, coordinator, worker } = await pools.start('short', { TANDEM_GRACE_MS: '100' });
  redis.signal('SIGSTOP');
  for (const process of [coordinator, worker]) process.kill('SIGTERM');
  expect(await Promise.all([coordinator.exit, worker.exit])).toEqual([1, 1]);
  expect(coordinator.output()).toMatch(/stop within 100 ms \(TANDEM_GRACE_MS\).*\n.*Redis or the store/);
  expect(worker.output()).toMatch(/The worker ends before it has stopped/);
}, 60_000);
