import { Redis } from 'ioredis';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

export interface RedisConnection {
  /** Rejects with TRANSPORT_FAILED where Redis does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connect to Redis and see that it answers. Rejects at once with TRANSPORT_FAILED where it does not; a connection that
 * is lost later comes back by itself.
 */
export async function openRedis(url: string, connectMs = 5000): Promise<RedisConnection> {
  let connected = false;
  let lastError: Error | undefined;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (times) => (connected ? Math.min(100 * times, 2000) : null),
  });
  client.on('error', (error: Error) => (lastError = error));
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    client.disconnect();
    throw unreachable(url, lastError ?? error);
  }
  connected = true;
  return {
    async ping() {
      try {
        await client.ping();
      } catch (error) {
        throw unreachable(url, error);
      }
    },
    close() {
      client.disconnect();
      return Promise.resolve();
    },
  };
}

function unreachable(url: string, cause: unknown): TandemError {
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
