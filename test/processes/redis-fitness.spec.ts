// Goal: coordinator and worker refuse a Redis that cannot carry tasks. The message names it and says what to do,
// without a stack trace.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRedis } from '#protocol/redis/connect-redis.js';
import { temporaryDirectory } from '../support/coordinator.js';
import { startRedis, type PrivateRedis } from '../support/servers/redis.js';

let redis: PrivateRedis;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let old: Server;

beforeAll(async () => {
  [redis, directory] = await Promise.all([startRedis(), temporaryDirectory()]);
  const client = new Redis(redis.url);
  await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
  client.disconnect();
  old = await startRedis4();
});
afterAll(async () => {
  old?.close();
  await Promise.all([redis?.stop(), directory?.remove()]);
});

/**
 * A stand-in for Redis 4, which no package has any more. It answers INFO as Redis 4 does, and any other command as an
 * unknown one.
 */
async function startRedis4(): Promise<Server> {
  const info =
    '# Server\r\nredis_version:4.0.14\r\nredis_mode:standalone\r\n# ' +
    'Memory\r\nmaxmemory_policy:noeviction\r\n# Persistence\r\nloading:0\r\n';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      for (const [, name = ''] of bytes.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        socket.write(
          name.toLowerCase() === 'info' ? `$${info.length}\r\n${info}\r\n` : `-ERR unknown command '${name}'\r\n`,
        );
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

async function startAndEnd(app: string, url: string): Promise<{ code: number; errors: string }> {
  const entry = fileURLToPath(new URL(`../../apps/${app}/src/main.js`, import.meta.url));
  const settings = {
    REDIS_URL: url,
    TANDEM_STORE: `file:${directory.path}/store`,
    TANDEM_DATA_DIR: directory.path,
    TANDEM_PORT: '0',
    TANDEM_LOG_LEVEL: 'silent',
  };
  const child = spawn(process.execPath, [entry], { env: { PATH: process.env['PATH'], ...settings } });
  child.stdout.resume();
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>]);
  return { code, errors };
}

it('a server that accepts connections and never answers is refused', async () => {
  const mute = createServer((socket) => void socket.on('error', () => undefined));
  await once(mute.listen(0, '127.0.0.1'), 'listening');
  const url = `redis://127.0.0.1:${(mute.address() as AddressInfo).port}`;
  await expect(connectRedis({ url, prefix: 'tandem', evictionAllowed: false, connectMs: 200 })).rejects.toThrow(
    /expected an answer from redis:.* got no answer within 200 ms/,
  );
  mute.close();
});

describe.each(['coordinator', 'worker'])('a %s', (app) => {
  it('refuses a Redis that evicts keys when its memory is full', async () => {
    const { code, errors } = await startAndEnd(app, redis.url);
    expect(code).toBe(2);
    expect(errors).toMatch(
      /expected maxmemory-policy noeviction at redis:\S+ \(REDIS_URL\), got maxmemory-policy allkeys-lru/,
    );
    expect(errors).toMatch(/CONFIG SET maxmemory-policy noeviction.*TANDEM_REDIS_EVICTION=allowed/);
    expect(errors).not.toMatch(/^\s+at /m);
  });

  it('refuses a Redis that is too old', async () => {
    const { code, errors } = await startAndEnd(app, `redis://127.0.0.1:${(old.address() as AddressInfo).port}`);
    expect(code).toBe(2);
    expect(errors).toMatch(/expected version 6\.2 or newer at redis:\S+ \(REDIS_URL\), got version 4\.0\.14/);
    expect(errors).not.toMatch(/^\s+at /m);
  });
});
