import type { Redis } from 'ioredis';
import { withinTime } from '../time-limit.js';
import { redisAddress, type RedisAddress } from './redis-address.js';
import { lastingClient, passingClient, type ClientOptions, type RedisClient } from './redis-client.js';
import { refuseDatabase, refuseMode, refuseRights, refuseUnfit } from './redis-refusals.js';
import { missingRights, missingRule, type MissingRights } from './redis-rights.js';
import { redisFitness } from './redis-fitness.js';
import { redisUnreachable } from './redis-trouble.js';
import { TandemError } from '../tandem-error.js';

export interface RedisOptions {
  readonly url: string;
  /** Certificates that sign the server's, in PEM; those that Node knows if left out. */
  readonly ca?: string | undefined;
  /** What all keys of the pool start with. */
  readonly prefix: string;
  /**
   * Whether a Redis that evicts keys when its memory is full may be used. Such a Redis loses tasks silently, so it is
   * refused by default.
   */
  readonly evictionAllowed: boolean;
  readonly connectMs?: number;
}

/**
 * Connects to Redis and checks that it answers and is fit to carry the tasks of a pool. Rejects with TRANSPORT_FAILED
 * if it does not answer within `connectMs`. Rejects with CONFIG_INVALID if it is too old, may evict tasks, has no
 * database of this number, is reached by another kind of URL, or does not allow its user what a pool does. Once
 * connected, a lost connection is restored automatically and commands wait for it.
 */
export async function connectRedis(options: RedisOptions): Promise<RedisClient> {
  const { url, ca, connectMs = 5000 } = options;
  const address = redisAddress(url);
  const access = { address, ca, connectMs };
  await prove(access, options);
  const client = lastingClient(access);
  await inTime(client, access, () => client.connect());
  return client;
}

/** Looks at the server over a connection of its own. */
async function prove(access: ClientOptions, options: RedisOptions): Promise<void> {
  const { address } = access;
  const client = passingClient(access);
  try {
    await inTime(client, access, async () => {
      await client.connect();
      const { info, rules } = await infoOf(client, options.prefix);
      if (info !== undefined) {
        const fitness = redisFitness(info);
        refuseMode(address, fitness.mode);
        refuseUnfit(address, fitness, options.evictionAllowed);
      }
      await proveDatabase(client, address, options.prefix);
      const missing = await missingRights(client, options.prefix);
      refuseRights(address, { ...missing, rules: [...new Set([...rules, ...missing.rules])] });
    });
  } finally {
    client.disconnect();
  }
}

/** Its answer to INFO, or the rule that is missing. */
async function infoOf(
  client: Redis,
  prefix: string,
): Promise<{ readonly info?: string } & Pick<MissingRights, 'rules'>> {
  try {
    return { info: await client.info(), rules: [] };
  } catch (error) {
    const rule = missingRule('info', (error as Error).message, prefix);
    if (rule === undefined) throw error;
    return { rules: [rule] };
  }
}

/** Selects the database. A server that does not have it is asked for the smallest number that it does not have. */
async function proveDatabase(client: Redis, address: RedisAddress, prefix: string): Promise<void> {
  if (address.database === 0) return;
  const has = (database: number): Promise<boolean> => hasDatabase(client, database, address, prefix);
  if (await has(address.database)) return;
  let [most, least] = [0, address.database];
  while (least - most > 1) {
    const middle = Math.floor((most + least) / 2);
    if (await has(middle)) most = middle;
    else least = middle;
  }
  refuseDatabase(address, address.database, least);
}

async function hasDatabase(client: Redis, database: number, address: RedisAddress, prefix: string): Promise<boolean> {
  try {
    await client.select(database);
    return true;
  } catch (error) {
    const { message } = error as Error;
    if (/out of range|invalid DB/i.test(message)) return false;
    const rule = missingRule('select', message, prefix);
    if (rule !== undefined) refuseRights(address, { rules: [rule], unknownCommands: [] });
    throw error;
  }
}

/** Does something that a server may never answer, and says what was in its way. */
async function inTime<Result>(
  client: RedisClient,
  { address, connectMs }: ClientOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  let lastError: Error | undefined;
  const note = (error: Error): void => void (lastError = error);
  client.on('error', note);
  if (address.kind === 'sentinel') client.on('sentinelError', note);
  try {
    const late = (): Error => lastError ?? new Error(`no answer within ${connectMs} ms`);
    return await withinTime(work(), connectMs, late);
  } catch (error) {
    client.disconnect();
    throw error instanceof TandemError ? error : redisUnreachable(address, lastError ?? error);
  }
}
