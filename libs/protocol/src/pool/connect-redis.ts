import { Redis } from 'ioredis';
import { redisFitness, type RedisFitness } from './redis-fitness.js';
import { ErrorCode, TandemError } from '../tandem-error.js';
import { withinTime } from '../time-limit.js';

export interface RedisOptions {
  readonly url: string;
  /** Certificates that sign the server's, in PEM; those that Node knows if left out. */
  readonly ca?: string | undefined;
  /**
   * Whether a Redis that evicts keys when its memory is full may be used. Such a Redis loses tasks silently, so it is
   * refused by default.
   */
  readonly evictionAllowed: boolean;
  readonly connectMs?: number;
}

/**
 * Connects to Redis and checks that it answers and is fit to carry tasks. Rejects with TRANSPORT_FAILED if it does not
 * answer within `connectMs`, and with CONFIG_INVALID if it is too old or may evict tasks. Once connected, a lost
 * connection is restored automatically and commands wait for it.
 */
export async function connectRedis({ url, ca, evictionAllowed, connectMs = 5000 }: RedisOptions): Promise<Redis> {
  let connected = false;
  let lastError: Error | undefined;
  const client = new Redis(url, {
    ...tlsOf({ url, ca }),
    lazyConnect: true,
    connectTimeout: connectMs,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (connected ? Math.min(100 * times, 2000) : null),
  });
  client.on('error', (error: Error) => (lastError = error));
  try {
    // A server that is not Redis may accept the connection and never answer.
    const info = await withinTime(
      infoOf(client),
      connectMs,
      () => lastError ?? new Error(`no answer within ${connectMs} ms`),
    );
    refuseUnfit(redisFitness(info), url, evictionAllowed);
  } catch (error) {
    client.disconnect();
    throw error instanceof TandemError ? error : redisUnreachable(url, lastError ?? error);
  }
  connected = true;
  return client;
}

/** A connection of BullMQ, which waits for a Redis that is away. */
export function blockingConnection(access: Pick<RedisOptions, 'url' | 'ca'>): ConnectionOptions {
  return { url: access.url, maxRetriesPerRequest: null, ...tlsOf(access) };
}

type ConnectionOptions = { readonly url: string; readonly maxRetriesPerRequest: null } & ReturnType<typeof tlsOf>;

function tlsOf({ url, ca }: Pick<RedisOptions, 'url' | 'ca'>): { tls?: { ca: string } } {
  return ca !== undefined && url.startsWith('rediss:') ? { tls: { ca } } : {};
}

async function infoOf(client: Redis): Promise<string> {
  await client.connect();
  return client.info();
}

function refuseUnfit({ tooOld, evicting }: RedisFitness, url: string, evictionAllowed: boolean): void {
  const at = `at ${withoutPassword(url)} (REDIS_URL)`;
  if (tooOld !== undefined) {
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `Redis: expected version 6.2 or newer ${at}, got ${tooOld}`,
      help: 'Upgrade it, or set REDIS_URL to a newer Redis or Valkey.',
    });
  }
  if (evicting === undefined || evictionAllowed) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Redis: expected maxmemory-policy noeviction ${at}, got ${evicting}: when its memory is full ` +
      'it would remove tasks',
    help:
      'redis-cli CONFIG SET maxmemory-policy noeviction, and the same in its configuration; or ' +
      'TANDEM_REDIS_EVICTION=allowed to run with lost tasks.',
  });
}

export function redisUnreachable(url: string, cause: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.TransportFailed,
    message:
      `Redis: expected an answer from ${withoutPassword(url)} (REDIS_URL), got ` +
      `${cause instanceof Error ? cause.message || cause.name : String(cause)}`,
    help: 'Start it (redis-server, or apt-get install redis-server) or set REDIS_URL to a Redis that runs.',
    retryable: true,
    cause,
  });
}

/** The URL as it may be shown, with its user but nothing secret. */
function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password) shown.password = '***';
  // ioredis takes options from the query, a password among them.
  shown.search = '';
  shown.hash = '';
  return shown.href.replace(/\/$/, '');
}
