import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { ChildProcess, Program } from './child-process.js';
import { freePort } from './free-port.js';
import { until } from './until.js';

export interface RedisOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly startMs: number;
  launch(program: Program): Promise<ChildProcess>;
}

/**
 * Start a Redis for this command only, which listens on loopback, asks for a password and writes nothing to disk.
 * Returns its URL. Throws NOT_FOUND where no Redis is installed, INTERNAL with the end of its log where it does not
 * start.
 */
export async function startPrivateRedis({ folder, environment, startMs, launch }: RedisOptions): Promise<string> {
  const command = findServer(environment['PATH'] ?? '');
  const port = await freePort();
  const password = randomBytes(18).toString('base64url');
  // Settings go in by standard input, so that the password is on no command line.
  const settings = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${JSON.stringify(folder)}`,
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction',
    'daemonize no',
  ];
  const server = await launch({ name: 'Redis', command, args: ['-'], environment, input: `${settings.join('\n')}\n` });
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined); // Connections are refused until it listens; until() limits the wait.
  try {
    await until(() => answers(client), { what: 'Redis to answer', withinMs: startMs, everyMs: 25, process: server });
  } finally {
    client.disconnect();
  }
  return url;
}

async function answers(client: Redis): Promise<boolean> {
  try {
    if (client.status !== 'ready') await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  }
}

function findServer(path: string): string {
  for (const name of ['redis-server', 'valkey-server']) {
    const found = path
      .split(delimiter)
      .map((folder) => join(folder || '.', name))
      .find(isProgram);
    if (found) return found;
  }
  throw new TandemError({
    code: ErrorCode.NotFound,
    message: 'Redis: expected redis-server or valkey-server on PATH, got neither',
    help:
      'Install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), or set ' +
      'REDIS_URL to a Redis that runs.',
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
