import type { Redis } from 'ioredis';
import { connectRedis, redisUnreachable, type RedisOptions } from '#protocol/pool/connect-redis.js';

/** A connection of the coordinator that is used to check whether Redis answers. */
export interface RedisConnection {
  readonly client: Redis;
  /** Rejects with TRANSPORT_FAILED if Redis does not answer, and at once if the connection is lost. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects as connectRedis does. A connection that is lost later reconnects by itself. */
export async function openRedis(options: RedisOptions): Promise<RedisConnection> {
  const { url } = options;
  const client = await connectRedis(options);
  return {
    client,
    async ping() {
      if (client.status !== 'ready') throw redisUnreachable(url, new Error(`a connection that is ${client.status}`));
      await client.ping();
    },
    close() {
      client.disconnect();
      return Promise.resolve();
    },
  };
}
