import { setTimeout as sleep } from 'node:timers/promises';
import { ReplyError } from 'ioredis';
import { retryMs } from '#protocol/pool/presence.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';
import type { RedisConnection } from '../redis-connection.js';
import { leaderText, ownName, type LeaderName } from './leader-name.js';
import { leaseRedis } from './redis-lease.js';
import { leaseStore } from './store-lease.js';

/** The right to lead: to change the runs of a store, and to use the queues of a pool. */
export interface Leadership {
  /** The fencing token, as StoreLease has it. */
  readonly epoch: number;
  /** Throws CONFLICT if another coordinator has taken over, as StoreLease.check does. */
  check(): Promise<void>;
  /** Resolves with the reason if the right is lost. */
  readonly lost: Promise<TandemError>;
  release(): Promise<void>;
}

export interface LeadershipOptions {
  readonly store: Store;
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly now: () => Date;
  /** Called with who leads instead, and whether that coordinator is known to be alive. Its error ends the wait. */
  onWait(reason: string, isAlive: boolean): Promise<void>;
}

/** Waits until this coordinator leads. It leases the store first, and then the queues. */
export async function openLeadership({ store, redis, prefix, now, onWait }: LeadershipOptions): Promise<Leadership> {
  const self = ownName(now());
  const refused = new AbortController();
  let lose: (error: TandemError) => void = () => undefined;
  const lost = new Promise<TandemError>((resolve) => (lose = resolve));
  let isStandby = false;
  const waitFor =
    (what: string) =>
    (leader: LeaderName, isAlive: boolean): void => {
      isStandby = true;
      void onWait(`${what} ${leaderText(leader)}`, isAlive).catch((error: unknown) => refused.abort(error));
    };
  const { signal } = refused;
  /** A standby outlasts a store or a Redis that is away or full for a while: it may be the last coordinator. */
  const outlasting = async <Lease>(lease: () => Promise<Lease>): Promise<Lease> => {
    for (;;) {
      try {
        return await lease();
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!isStandby || !isOutage(error)) throw error;
        await sleep(retryMs);
      }
    }
  };
  const held = await outlasting(() =>
    leaseStore({ store, self, onWait: waitFor(`the store ${store.url} is led by`), onLost: lose, signal }),
  );
  try {
    const onWait = waitFor(`the queues with prefix "${prefix}" are used by`);
    const queues = await outlasting(() =>
      leaseRedis({ redis: redis.client, prefix, self, onWait, onLost: lose, signal }),
    );
    return {
      epoch: held.epoch,
      check: () => held.check(),
      lost,
      async release() {
        await queues.release();
        await held.release();
      },
    };
  } catch (error) {
    await held.release().catch(() => undefined);
    throw error;
  }
}

/** What time mends: a store that fails, and a Redis that refuses writes. */
function isOutage(error: unknown): boolean {
  return error instanceof ReplyError || (error instanceof TandemError && error.code === ErrorCode.StoreFailed);
}

/** The error of a coordinator that is not to wait. */
export function refusedStandby(reason: string): TandemError {
  return new TandemError({
    code: ErrorCode.Conflict,
    message: `Coordinator: expected to lead, but ${reason}`,
    help:
      'Stop that one, or give this one a store (TANDEM_STORE) and queues (TANDEM_QUEUE_PREFIX) of its own; ' +
      'TANDEM_STANDBY=wait waits to take over.',
  });
}
