import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { startRedis } from './redis.js';

test('a private redis answers, keeps nothing on disk and is gone after stop', async () => {
  const server = await startRedis();
  const client = new Redis(server.url, { retryStrategy: () => null });
  client.on('error', () => undefined);
  expect(await client.ping()).toBe('PONG');
  expect(await client.config('GET', 'save')).toEqual(['save', '']);
  const ended = new Promise((resolve) => client.once('end', resolve));
  await server.stop();
  await ended;
});
