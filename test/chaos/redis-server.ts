import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '#cluster/free-port.js';
import type { Processes, Victim } from './processes.js';

/** A Redis on a port of its own, which keeps its data in an append-only file. */
export interface RedisServer {
  readonly url: string;
  /** A connection that fails at once while Redis is away. */
  readonly client: Redis;
  kill(): Promise<void>;
  /** Starts it again on its port. Resolves when it answers. */
  start(): Promise<void>;
  /** Removes all data. It must not run. */
  removeData(): Promise<void>;
  /** How many commands it has refused with an error of this name since it was started. */
  refusals(error: string): Promise<number>;
  close(): void;
}

export async function startRedisServer(processes: Processes, folder: string): Promise<RedisServer> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { maxRetriesPerRequest: 1, retryStrategy: () => 50, commandTimeout: 2000 });
  client.on('error', () => undefined); // It is away now and then: that is the point.
  let server: Victim | undefined;
  let starts = 0;
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  };
  const redis: RedisServer = {
    url,
    client,
    async kill() {
      server?.signal('SIGKILL');
      await server?.ended;
    },
    async start() {
      await mkdir(folder, { recursive: true });
      server = await processes.launch({
        name: `redis-${++starts}`,
        command: process.env['REDIS_SERVER'] ?? 'redis-server',
        args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
        environment: { PATH: process.env['PATH'] },
      });
      while ((await client.ping().catch(() => '')) !== 'PONG') {
        if (server.ending()) throw new Error(`Redis ended (${server.ending()}):\n${server.output()}`);
        await delay(10);
      }
    },
    removeData: () => rm(folder, { recursive: true, force: true }),
    async refusals(error) {
      const [, count = '0'] = new RegExp(`errorstat_${error}:count=(\\d+)`).exec(await client.info('errorstats')) ?? [];
      return Number(count);
    },
    close: () => client.disconnect(),
  };
  await redis.start();
  return redis;
}
