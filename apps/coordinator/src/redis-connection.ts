import { connectRedis, type RedisOptions } from '#protocol/redis/connect-redis.js';
import { askOwner, giveUpSilent } from '#protocol/redis/give-up.js';
import { redisAddress } from '#protocol/redis/redis-address.js';
import type { RedisClient } from '#protocol/redis/redis-client.js';
import { redisUnreachable } from '#protocol/redis/redis-trouble.js';

/** A connection of the coordinator that is used to check whether Redis answers. */
export interface RedisConnection {
  readonly client: RedisClient;
  /** Rejects with TRANSPORT_FAILED if Redis does not answer, and at once if the connection is lost. */
  ping(): Promise<void>;
  /** Ends what waits for a Redis that does not answer. */
  giveUp(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects as connectRedis does. A connection that is lost later reconnects by itself. */
export async function openRedis(options: RedisOptions): Promise<RedisConnection> {
  const client = await connectRedis(options);
  return {
    client,
    async ping() {
      if (client.status !== 'ready')
        throw redisUnreachable(redisAddress(options.url), new Error(`a connection that is ${client.status}`));
      await askOwner(client, options.prefix);
    },
    giveUp: async () => void (await giveUpSilent(client, options.prefix)),
    close() {
      client.disconnect();
      return Promise.resolve();
    },
  };
}
