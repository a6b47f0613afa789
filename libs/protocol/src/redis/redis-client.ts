import { Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress } from './redis-address.js';

/** A connection to one server: of Sentinels, to the one that is the master. */
export type RedisClient = Redis;

export interface ClientOptions {
  readonly address: RedisAddress;
  /** Certificates that sign the server's, in PEM; those that Node knows if left out. */
  readonly ca: string | undefined;
  readonly connectMs: number;
}

type NodeOptions = Omit<RedisOptions, 'replyMapping'>;

/** Longest pause between two attempts to restore a lost connection. */
export const pauseMsMax = 2000;
const abandoned = new WeakSet<object>();

/** Has a client, and those that were made after it, restore no connection any more. */
export function abandon(client: RedisClient): void {
  abandoned.add(client);
}

/** A client that restores a lost connection, while commands wait for it. It connects when it is told to. */
export function lastingClient(options: ClientOptions): RedisClient {
  const pauseMs = (times: number): number | null => (abandoned.has(client) ? null : Math.min(100 * times, pauseMsMax));
  const client: RedisClient = unwatchedClient(options, pauseMs);
  // Without its database the client would go on in number 0, which may be another pool's.
  client.on('error', ({ message }: Error) => {
    if (message.includes('DB index is out of range')) client.disconnect(true);
  });
  return client;
}

function unwatchedClient(
  { address, ca, connectMs }: ClientOptions,
  pauseMs: (times: number) => number | null,
): RedisClient {
  const options = {
    ...nodeOptions(address, ca, connectMs),
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: pauseMs,
  };
  switch (address.kind) {
    case 'server':
      return new Redis({ ...options, ...address.host, db: address.database });
    case 'socket':
      return new Redis({ ...options, path: address.path, db: address.database });
    case 'sentinel':
      return new Redis({
        ...options,
        ...sentinelOptions(address, ca, connectMs),
        db: address.database,
        sentinelRetryStrategy: pauseMs,
        sentinelReconnectStrategy: pauseMs,
        failoverDetector: true,
        // A server that was the master and is none any more: the Sentinels know the new one.
        reconnectOnError: ({ message }) => (message.includes('READONLY') ? 2 : false),
      });
  }
}

/** A client for one look at a server: it connects once, in the server's first database. */
export function passingClient({ address, ca, connectMs }: ClientOptions): Redis {
  const options = {
    ...nodeOptions(address, ca, connectMs),
    lazyConnect: true,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  };
  switch (address.kind) {
    case 'server':
      return new Redis({ ...options, ...address.host });
    case 'socket':
      return new Redis({ ...options, path: address.path });
    case 'sentinel':
      return new Redis({ ...options, ...sentinelOptions(address, ca, connectMs), sentinelRetryStrategy: () => null });
  }
}

function nodeOptions(address: RedisAddress, ca: string | undefined, connectMs: number): NodeOptions {
  const { username, password, family } = address;
  const tls = tlsOptions(address, ca);
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(family !== undefined && { family }),
    ...(tls && { tls }),
    connectTimeout: connectMs,
    // A frozen server does not close its end of the connection.
    disconnectTimeout: 500,
    // Its commands would need rules of their own in an ACL.
    disableClientInfo: true,
  };
}

function sentinelOptions(
  address: Extract<RedisAddress, { kind: 'sentinel' }>,
  ca: string | undefined,
  connectMs: number,
): NodeOptions {
  const { sentinels, masterName, sentinelUsername, sentinelPassword } = address;
  const tls = tlsOptions(address, ca);
  return {
    sentinels: [...sentinels],
    name: masterName,
    sentinelCommandTimeout: connectMs,
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

function tlsOptions(address: RedisAddress, ca: string | undefined): { ca?: string } | undefined {
  if (address.kind === 'socket' || !address.tls) return undefined;
  return ca === undefined ? {} : { ca };
}
