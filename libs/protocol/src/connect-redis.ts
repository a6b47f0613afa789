import { Redis } from 'ioredis';
import { ErrorCode, TandemError } from './tandem-error.js';

/**
 * Connect to Redis and see that it answers. Rejects at once with TRANSPORT_FAILED where it does not; a connection that
 * is lost later comes back by itself, and commands wait for it.
 */
export async function connectRedis(url: string, connectMs = 5000): Promise<Redis> {
  let connected = false;
  let lastError: Error | undefined;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectMs,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (connected ? Math.min(100 * times, 2000) : null),
  });
  client.on('error', (error: Error) => (lastError = error));
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    client.disconnect();
    throw redisUnreachable(url, lastError ?? error);
  }
  connected = true;
  return client;
}

export function redisUnreachable(url: string, cause: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.TransportFailed,
    message: `Redis: expected an answer from ${withoutPassword(url)} (REDIS_URL), got ${cause instanceof Error ? cause.message || cause.name : String(cause)}`,
    help: 'Start it (redis-server, or apt-get install redis-server) or set REDIS_URL to a Redis that runs.',
    retryable: true,
    cause,
  });
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password) shown.password = '***';
  return shown.href.replace(/\/$/, '');
}
