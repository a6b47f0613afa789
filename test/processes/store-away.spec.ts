// Goal: whoever is asked to stop while the store is away stops within TANDEM_GRACE_MS, whether it trains or not.
// Method: real processes and a real S3 server, which is frozen or killed. A stop that hangs exceeds the time of its
// test.
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connectApi } from '#cluster/api-client.js';
import { openS3Client } from '#store/s3/s3-client.js';
import { s3Location } from '#store/s3/s3-location.js';
import { temporaryDirectory } from '../support/coordinator.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyDocument } from '../support/models/tiny-run.js';
import { addressOf, startApp, type AppProcess } from '../support/processes/app-process.js';
import { startRadosgw, type PrivateS3 } from '../support/servers/radosgw.js';
import { startRedis, type PrivateRedis } from '../support/servers/redis.js';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const running: (AppProcess | PrivateRedis | PrivateS3)[] = [];

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

/** A pool on an S3 server of its own, or why there is none. */
async function startPool() {
  const server = await startRadosgw();
  if (server.kind === 'unavailable') return server;
  running.push(server);
  const { endpoint, owner } = server;
  const admin = await openS3Client(s3Location('s3://pool', { endpoint }), owner);
  await admin.createBucket({ Bucket: 'pool' });
  admin.destroy();
  const redis = await startRedis();
  const settings = {
    REDIS_URL: redis.url,
    TANDEM_STORE: 's3://pool/runs',
    TANDEM_S3_ENDPOINT: endpoint,
    TANDEM_S3_REGION: 'us-east-1',
    TANDEM_S3_ACCESS_KEY_ID: owner.accessKeyId,
    TANDEM_S3_SECRET_ACCESS_KEY: owner.secretAccessKey,
    TANDEM_DATA_DIR: directory.path,
    TANDEM_DATA_ROOTS: directory.path,
    TANDEM_API_KEY: apiKey,
    TANDEM_GRACE_MS: '10000',
  };
  const [coordinator, worker] = [startApp('coordinator', settings), startApp('worker', settings)];
  running.push(redis, coordinator, worker);
  await worker.says(/The worker is ready/);
  const api = connectApi({ url: await addressOf(coordinator), apiKey });
  return { kind: 'running', server, coordinator, worker, settings, api } as const;
}

it.each(['SIGSTOP', 'SIGKILL'] as const)(
  'without a run, after %s of the S3 server, both stop in order',
  async (signal) => {
    const pool = await startPool();
    if (pool.kind === 'unavailable') return expect.unreachable(pool.reason);
    const { server, coordinator, worker } = pool;
    server.signal(signal);
    for (const process of [coordinator, worker]) process.kill('SIGTERM');
    expect(await Promise.all([coordinator.exit, worker.exit])).toEqual([0, 0]);
    expect(coordinator.output()).toMatch(/The lease was not given back.*\n.*the coordinator has stopped/);
    for (const process of [coordinator, worker]) expect(process.output()).not.toMatch(/^\s+at /m);
  },
  120_000,
);

it.each(['SIGSTOP', 'SIGKILL'] as const)(
  'in a run, after %s of the S3 server, both stop, and the coordinator says what it could not write',
  async (signal) => {
    const pool = await startPool();
    if (pool.kind === 'unavailable') return expect.unreachable(pool.reason);
    const { server, coordinator, worker, settings, api } = pool;
    const { id } = await api.submit(tinyDocument(join(directory.path, 'data'), { steps: 1_000_000 }));
    await expect.poll(async () => (await api.run(id)).step, { timeout: 60_000 }).toBeGreaterThan(0);
    server.signal(signal);
    for (const process of [coordinator, worker]) process.kill('SIGTERM');
    const [code] = await Promise.all([coordinator.exit, worker.exit]);
    expect(coordinator.output()).toMatch(signal === 'SIGSTOP' ? /TANDEM_GRACE_MS/ : /cannot be reached/);
    expect(code).toBe(signal === 'SIGSTOP' ? 1 : 0);
    if (signal === 'SIGKILL') return; // It was in memory, and is gone.

    server.signal('SIGCONT');
    const next = startApp('coordinator', settings);
    running.push(next);
    const run = await connectApi({ url: await addressOf(next), apiKey }).run(id);
    expect(run).toMatchObject({ state: expect.stringMatching(/queued|preparing|training/) });
    expect(run.step).toBeGreaterThan(0);
  },
  120_000,
);
