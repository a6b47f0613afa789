import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClient } from '#protocol/redis/redis-client.js';
import { z } from 'zod';
import { parseJson } from '#protocol/input/json-text.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { names } from '#protocol/pool/presence.js';
import type { LeaderName } from './leader-name.js';

export const redisLeaseLimits = { leaseMs: 2500, renewMs: 500 } as const;

export interface RedisLeaseOptions {
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly self: LeaderName;
  /** Called with the coordinator that has the lease: when it is first seen, and when it has renewed the lease since. */
  onWait(leader: LeaderName, isAlive: boolean): void;
  /** Called once if another coordinator has the lease. */
  onLost(error: TandemError): void;
  readonly signal?: AbortSignal;
}

const nameSchema = z.looseObject({ id: z.string(), host: z.string(), pid: z.int(), since: z.string() });

/** Sets the lease if nobody has it or this coordinator does; returns who has it. Redis may have lost all its data. */
const takeLease = `
local held = redis.call('GET', KEYS[1])
if not held or held == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return ARGV[1]
end
return held`;

/**
 * Waits until this coordinator alone uses the queues with this prefix, and keeps the lease until it is released.
 * Without it, two coordinators with stores of their own would take each other's answers.
 */
export async function leaseRedis(options: RedisLeaseOptions): Promise<{ release(): Promise<void> }> {
  const { redis, prefix, self, onWait, onLost, signal } = options;
  const { leaseMs, renewMs } = redisLeaseLimits;
  const own = JSON.stringify(self);
  const take = async (): Promise<string> =>
    String(await redis.eval(takeLease, 1, names.leader(prefix), own, String(leaseMs)));
  let said: string | undefined;
  let firstMs = 0;
  for (;;) {
    signal?.throwIfAborted();
    const holder = await take();
    if (holder === own) break;
    if (holder !== said) {
      onWait(nameIn(holder), false);
      firstMs = performance.now();
    } else if (performance.now() - firstMs > leaseMs) onWait(nameIn(holder), true);
    said = holder;
    await sleep(renewMs / 2, undefined, signal && { signal });
  }
  const stopping = new AbortController();
  const renewing = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(renewMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      const holder = await take().catch(() => own); // Redis is away or refuses writes: nobody can take it either.
      if (holder === own) continue;
      stopping.abort();
      onLost(taken(prefix, nameIn(holder)));
    }
  })();
  return {
    async release() {
      if (stopping.signal.aborted) return;
      stopping.abort();
      await renewing;
      const release = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end`;
      await redis.eval(release, 1, names.leader(prefix), own).catch(() => undefined);
    },
  };
}

function nameIn(text: string): LeaderName {
  try {
    return nameSchema.parse(parseJson(text));
  } catch {
    return { id: 'unknown', host: 'unknown', pid: 0, since: 'unknown' };
  }
}

function taken(prefix: string, { host, pid }: LeaderName): TandemError {
  return new TandemError({
    code: ErrorCode.Conflict,
    message:
      `Leadership: expected to use the queues with prefix "${prefix}" alone, but a coordinator on ${host}, process ` +
      `${pid}, uses them`,
    help: 'Give each coordinator that has a store of its own its own TANDEM_QUEUE_PREFIX.',
  });
}
