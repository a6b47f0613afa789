import { connectRedis, redisUnreachable } from '#protocol/connect-redis.js';

/** The coordinator's own connection, to see whether Redis is there. */
export interface RedisConnection {
  /** Rejects with TRANSPORT_FAILED where Redis does not answer, at once where the connection is lost. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects at once with TRANSPORT_FAILED where Redis does not answer; a connection that is lost later comes back by itself. */
export async function openRedis(url: string): Promise<RedisConnection> {
  const client = await connectRedis(url);
  return {
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
