import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { connectApi, type ApiClient } from '#cluster/api-client.js';
import { temporaryDirectory } from '../coordinator.js';
import { writeTinyData } from '../models/tiny-data.js';
import type { PrivateS3 } from '../servers/radosgw.js';
import { startRedis, type PrivateRedis } from '../servers/redis.js';
import { addressOf, startApp, type AppProcess } from './app-process.js';

/** A coordinator and a worker, to be asked to stop, with a Redis of their own. */
export interface StoppedPool {
  readonly redis: PrivateRedis;
  readonly coordinator: AppProcess;
  readonly worker: AppProcess;
  readonly settings: Readonly<Record<string, string>>;
  readonly api: ApiClient;
}

export interface StoppedPools {
  /** A data set. */
  data(): string;
  /** Starts a pool with these settings beside what every pool needs; its store is in the folder of that name. */
  start(name: string, more?: Readonly<Record<string, string>>): Promise<StoppedPool>;
  /** Starts a coordinator in the place of one that has stopped. */
  restart(settings: StoppedPool['settings']): Promise<ApiClient>;
  /** Has something ended after the test. */
  owns<One extends AppProcess | PrivateRedis | PrivateS3>(one: One): One;
}

const apiKey = 'a-key-of-the-tests';

/** For the tests of a file. After each of them everything that it started is ended. */
export function stoppedPools(): StoppedPools {
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

  function owns<One extends AppProcess | PrivateRedis | PrivateS3>(one: One): One {
    running.push(one);
    return one;
  }
  const apiOf = async (coordinator: AppProcess): Promise<ApiClient> =>
    connectApi({ url: await addressOf(coordinator), apiKey });

  return {
    data: () => join(directory.path, 'data'),
    async start(name, more = {}) {
      const redis = owns(await startRedis());
      const settings = {
        REDIS_URL: redis.url,
        TANDEM_STORE: `file:${directory.path}/${name}`,
        TANDEM_DATA_DIR: directory.path,
        TANDEM_DATA_ROOTS: directory.path,
        TANDEM_API_KEY: apiKey,
        TANDEM_GRACE_MS: '10000',
        ...more,
      };
      const [coordinator, worker] = [owns(startApp('coordinator', settings)), owns(startApp('worker', settings))];
      await worker.says(/The worker is ready/);
      return { redis, coordinator, worker, settings, api: await apiOf(coordinator) };
    },
    restart: (settings) => apiOf(owns(startApp('coordinator', settings))),
    owns,
  };
}
