import { ErrorCode, TandemError } from '../tandem-error.js';
import { shownAddress, shownHost, type RedisAddress } from './redis-address.js';
import type { RedisFitness } from './redis-fitness.js';
import type { MissingRights } from './redis-rights.js';

/*
 * What a pool refuses of a Redis that answers. Each throws CONFIG_INVALID, with what to do, unless all is well.
 */

export function refuseUnfit(address: RedisAddress, { tooOld, evicting }: RedisFitness, evictionAllowed: boolean): void {
  if (tooOld !== undefined)
    refuse(
      `expected version 6.2 or newer ${at(address)}, got ${tooOld}`,
      'Upgrade it, or set REDIS_URL to a newer Redis or Valkey.',
    );
  if (evicting !== undefined && !evictionAllowed)
    refuse(
      `expected maxmemory-policy noeviction ${at(address)}, got ${evicting}: when its memory is full it would remove ` +
        'tasks',
      'redis-cli CONFIG SET maxmemory-policy noeviction, and the same in its configuration; or ' +
        'TANDEM_REDIS_EVICTION=allowed to run with lost tasks.',
    );
}

export function refuseMode(address: RedisAddress, mode: RedisFitness['mode']): void {
  const scheme = 'tls' in address && address.tls ? 'rediss' : 'redis';
  const hosts = address.kind === 'server' ? shownHost(address.host) : 'HOST:PORT';
  if (mode === 'cluster')
    refuse(
      `expected a server of its own ${at(address)}, got a node of a Redis Cluster`,
      'A Redis Cluster is not supported. Set REDIS_URL to a single server, or to Sentinels (redis+sentinel://).',
    );
  if (mode === 'sentinel')
    refuse(
      `expected a server that holds data ${at(address)}, got a Sentinel`,
      `Set REDIS_URL=${scheme}+sentinel://${hosts}/NAME, with other Sentinels after commas; NAME is how they ` +
        'call the servers.',
    );
}

export function refuseDatabase(address: RedisAddress, database: number, count: number): never {
  refuse(
    `expected a database of this server ${at(address)}, got number ${database}: it has ${count}, the highest is ` +
      `number ${count - 1}`,
    `Choose a number from 0 to ${count - 1}, or raise "databases" in its configuration and start it again.`,
  );
}

export function refuseRights(address: RedisAddress, { rules, unknownCommands }: MissingRights): void {
  if (unknownCommands.length > 0)
    refuse(
      `expected a server with all commands that a pool uses ${at(address)}, got one without ` +
        unknownCommands.join(', '),
      'Set REDIS_URL to a Redis 6.2 or newer, or to a Valkey.',
    );
  const user = address.username ?? 'default';
  if (rules.length > 0)
    refuse(
      `expected the user "${user}" ${at(address)} to be allowed what a pool does, but its ACL lacks ${rules.join(' ')}`,
      `ACL SETUSER ${user} ${rules.join(' ')}. docs/security.md has all that a pool needs.`,
    );
}

function at(address: RedisAddress): string {
  return `at ${shownAddress(address)} (REDIS_URL)`;
}

function refuse(message: string, help: string): never {
  throw new TandemError({ code: ErrorCode.ConfigInvalid, message: `Redis: ${message}`, help });
}
