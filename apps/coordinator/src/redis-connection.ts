import { connectRedis, redisUnreachable, type RedisOptions } from '#protocol/pool/connect-redis.js';

/** The coordinator's own connection, to see whether Redis is there. */
export interface RedisConnection {
  /** Rejects with TRANSPORT_FAILED where Redis does not answer, at once where the connection is lost. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects as connectRedis does; a connection that is lost later comes back by itself. */
export async function openRedis(options: RedisOptions): Promise<RedisConnection> {
  const { url } = options;
  const client = await connectRedis(options);
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
