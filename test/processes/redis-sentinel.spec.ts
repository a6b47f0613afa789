// Goal: a run goes on through a failover of Sentinels, whatever the old master has lost, with the bits of an
// undisturbed run; and Sentinels work with TLS and a user of the ACL. Method: real processes: two servers, three
// Sentinels, workers. The master is killed, or frozen and woken up again, in the middle of the run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { temporaryDirectory } from '../support/coordinator.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyRun } from '../support/models/tiny-run.js';
import { startPool, type TestPool } from '../support/pool.js';
import { startSentinels, type SentinelOptions, type Sentinels } from '../support/processes/redis-sentinel.js';
import { makeCertificate } from '../support/servers/certificate.js';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  await writeTinyData(join(directory.path, 'data'));
});
afterAll(() => directory?.remove());

async function start(options?: SentinelOptions): Promise<{ sentinels: Sentinels; pool: TestPool }> {
  const sentinels = await startSentinels(options);
  const pool = await startPool({
    REDIS_URL: sentinels.url,
    ...(options?.tls && { TANDEM_REDIS_CA: options.tls.cert }),
  });
  onTestFinished(async () => {
    await pool.stop();
    await sentinels.stop();
  });
  await pool.addWorker();
  await pool.addWorker();
  return { sentinels, pool };
}

it.each(['SIGKILL', 'SIGSTOP'] as const)(
  'E1: after %s of the master, a run ends with the same bits',
  async (signal) => {
    const { sentinels, pool } = await start();
    const store = openStore(join(directory.path, signal));
    const config = tinyRun(join(directory.path, 'data'), { shards: 5, steps: 40 });
    await pool.train({ id: 'undisturbed', config, store });
    const before = await sentinels.masterPort();

    let committed = 0;
    const afterFailover = { steps: 0, port: 0 };
    await pool.train({
      id: 'disturbed',
      config,
      store,
      onEvent({ kind }) {
        if (kind !== 'step') return;
        committed += 1;
        if (committed === 5) sentinels.master.signal(signal);
        if (committed > 5) void sentinels.masterPort().then((port) => port !== before && (afterFailover.steps += 1));
      },
    });

    expect(await sentinels.masterPort()).toBe(sentinels.replica.port);
    expect(afterFailover.steps).toBeGreaterThan(0);
    expect(await parametersOf('disturbed')).toEqual(await parametersOf('undisturbed'));
    if (signal === 'SIGSTOP') sentinels.master.signal('SIGCONT');
    await pool.train({ id: 'after', config: { ...config, steps: 3 }, store });

    async function parametersOf(run: string): Promise<Uint8Array> {
      const latest = await latestCheckpoint(store, runKeys(run).checkpoints);
      return (await readCheckpoint(store, latest!.folder)).blobs['parameters.safetensors']!;
    }
  },
  180_000,
);

it('with TLS and a user of the ACL, a run is trained', async () => {
  const page = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8');
  const [, rules] = /ACL SETUSER tandem on >PASSWORD ((?:.*\\\n)*.*)\n/.exec(page)!;
  const { pool } = await start({
    login: { user: 'tandem', password: 'hush-of-the-pool', rules: rules!.replaceAll(/\\?\s+/g, ' ').trim() },
    tls: makeCertificate(directory.path),
  });
  const config = tinyRun(join(directory.path, 'data'), { steps: 3 });
  const events = await pool.train({ id: 'secured', config, store: openStore(join(directory.path, 'secured')) });
  expect(events.filter(({ kind }) => kind === 'step')).toHaveLength(3);
}, 120_000);
