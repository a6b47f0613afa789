// Goal: a pool trains on a Redis Cluster with the bits of any other pool, also when the node that has its keys loses
// them; what does not fit a Cluster is refused by name. Method: three redis-servers that are one Cluster, and workers.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { connectRedis } from '#protocol/redis/connect-redis.js';
import { names } from '#protocol/pool/presence.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { temporaryDirectory } from '../support/coordinator.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyRun } from '../support/models/tiny-run.js';
import { startPool } from '../support/pool.js';
import { addressOf, startApp } from '../support/processes/app-process.js';
import { startRedisCluster, type RedisCluster } from '../support/processes/redis-cluster.js';

const prefix = '{tandem}';
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let cluster: RedisCluster;
beforeAll(async () => {
  [cluster, directory] = await Promise.all([startRedisCluster(), temporaryDirectory()]);
  await writeTinyData(join(directory.path, 'data'));
});
afterAll(async () => {
  await Promise.all([cluster?.stop(), directory?.remove()]);
});

it('E1: a run ends with the same bits, also when the node with its keys loses them', async () => {
  const pool = await startPool({ REDIS_URL: cluster.url, TANDEM_QUEUE_PREFIX: prefix });
  onTestFinished(() => pool.stop());
  await pool.addWorker();
  await pool.addWorker();
  const store = openStore(join(directory.path, 'store'));
  const config = tinyRun(join(directory.path, 'data'), { shards: 5, steps: 40 });
  await pool.train({ id: 'undisturbed', config, store });

  const owner = await cluster.ownerOf(names.workers(prefix));
  let committed = 0;
  let restarting: Promise<void> | undefined;
  const training = pool.train({
    id: 'disturbed',
    config,
    store,
    onEvent({ kind }) {
      if (kind === 'step' && ++committed === 5) restarting = cluster.restart(owner);
    },
  });
  await training;
  await restarting;
  expect(committed).toBe(40);
  const single = await startPool();
  onTestFinished(() => single.stop());
  await single.addWorker();
  await single.train({ id: 'single', config, store });
  expect(await parametersOf('undisturbed')).toEqual(await parametersOf('single'));
  expect(await parametersOf('disturbed')).toEqual(await parametersOf('single'));

  async function parametersOf(run: string): Promise<Uint8Array> {
    const latest = await latestCheckpoint(store, runKeys(run).checkpoints);
    return (await readCheckpoint(store, latest!.folder)).blobs['parameters.safetensors']!;
  }
}, 180_000);

it('coordinator and worker, as processes, form a pool on it and stop in order', async () => {
  const settings = {
    REDIS_URL: cluster.url,
    TANDEM_QUEUE_PREFIX: '{other}',
    TANDEM_STORE: `file:${directory.path}/processes`,
    TANDEM_DATA_DIR: directory.path,
  };
  const [coordinator, worker] = [startApp('coordinator', settings), startApp('worker', settings)];
  const url = await addressOf(coordinator);
  await coordinator.says(/The pool changed/);
  await worker.says(/The worker is ready/);
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  for (const process of [coordinator, worker]) process.kill('SIGTERM');
  expect(await Promise.all([coordinator.exit, worker.exit])).toEqual([0, 0]);
}, 60_000);

it.each([
  [
    'a node as a single server',
    () => cluster.url.replace(/\+cluster(.*?),.*/, '$1'),
    prefix,
    /redis\+cluster:.*\{tandem\}/,
  ],
  ['a prefix without braces', () => cluster.url, 'tandem', /TANDEM_QUEUE_PREFIX=\{tandem\}/],
  ['another database', () => `${cluster.url.replace(/\+cluster(.*?),.*/, '$1')}/1`, prefix, /redis\+cluster:/],
])('%s is refused, with what to set', async (_, url, tried, help) => {
  await expect(connectRedis({ url: url(), prefix: tried, evictionAllowed: false })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    help: expect.stringMatching(help),
  });
});

it('a Cluster is found by the nodes that answer', async () => {
  const url = cluster.url.replace('//', '//127.0.0.1:1,');
  const client = await connectRedis({ url, prefix, evictionAllowed: false });
  expect(await client.get('{tandem}:none')).toBeNull();
  client.disconnect();
});
