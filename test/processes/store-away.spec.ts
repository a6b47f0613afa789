// Goal: whoever is asked to stop while the store is away stops within TANDEM_GRACE_MS, whether it trains or not.
// Method: real processes and a real S3 server, which is frozen or killed. A stop that hangs exceeds the time of its
// test.
import { expect, it } from 'vitest';
import { openS3Client } from '#store/s3/s3-client.js';
import { s3Location } from '#store/s3/s3-location.js';
import { tinyDocument } from '../support/models/tiny-run.js';
import { stoppedPools } from '../support/processes/stopped-pool.js';
import { startRadosgw } from '../support/servers/radosgw.js';

const pools = stoppedPools();

/** A pool on an S3 server of its own, or why there is none. */
async function startPool() {
  const server = await startRadosgw();
  if (server.kind === 'unavailable') return server;
  pools.owns(server);
  const { endpoint, owner } = server;
  const admin = await openS3Client(s3Location('s3://pool', { endpoint }), owner);
  await admin.createBucket({ Bucket: 'pool' });
  admin.destroy();
  const pool = await pools.start('s3', {
    TANDEM_STORE: 's3://pool/runs',
    TANDEM_S3_ENDPOINT: endpoint,
    TANDEM_S3_REGION: 'us-east-1',
    TANDEM_S3_ACCESS_KEY_ID: owner.accessKeyId,
    TANDEM_S3_SECRET_ACCESS_KEY: owner.secretAccessKey,
  });
  return { kind: 'running', server, ...pool } as const;
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
    const { id } = await api.submit(tinyDocument(pools.data(), { steps: 1_000_000 }));
    await expect.poll(async () => (await api.run(id)).step, { timeout: 60_000 }).toBeGreaterThan(0);
    server.signal(signal);
    for (const process of [coordinator, worker]) process.kill('SIGTERM');
    const [code] = await Promise.all([coordinator.exit, worker.exit]);
    expect(coordinator.output()).toMatch(signal === 'SIGSTOP' ? /TANDEM_GRACE_MS/ : /cannot be reached/);
    expect(code).toBe(signal === 'SIGSTOP' ? 1 : 0);
    if (signal === 'SIGKILL') return; // It was in memory, and is gone.

    server.signal('SIGCONT');
    const run = await (await pools.restart(settings)).run(id);
    expect(run).toMatchObject({ state: expect.stringMatching(/queued|preparing|training/) });
    expect(run.step).toBeGreaterThan(0);
  },
  120_000,
);
