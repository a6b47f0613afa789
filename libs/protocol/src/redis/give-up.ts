import { once } from 'node:events';
import { names } from '../pool/presence.js';
import { withinTime } from '../time-limit.js';
import { abandon, pauseMsMax, type RedisClient } from './redis-client.js';

/** Asks for a key of the pool, which its user may read, and resolves when Redis answers. */
export async function askOwner(client: RedisClient, prefix: string): Promise<void> {
  await client.exists(names.leader(prefix));
}

/** How long a process that ends waits for Redis to answer. */
export const goodbyeMs = 1000;

/**
 * Closes a connection on which Redis does not answer in time, so that all that waits for it fails, and says whether it
 * did. For a process that ends: whatever it would still tell Redis, others find out.
 */
export async function giveUpSilent(client: RedisClient, prefix: string): Promise<boolean> {
  const late = (): Error => new Error('no answer');
  try {
    await withinTime(askOwner(client, prefix), goodbyeMs, late);
    return false;
  } catch {
    abandon(client);
    // Between two attempts to connect, disconnect() would leave what waits to wait for ever; the next attempt ends it.
    if (client.status !== 'reconnecting') client.disconnect();
    else await withinTime(once(client, 'end'), pauseMsMax + goodbyeMs, late).catch(() => undefined);
    return true;
  }
}
