import { z } from 'zod';
import { parseJson } from '#protocol/input/json-text.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { stepName, stepOf } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { realTime, type Time } from '../time.js';
import { decideLeader, seeLeader, type LeaseLimits, type SeenLeader } from './leader-decision.js';
import type { LeaderName } from './leader-name.js';

/** How often a leader gives a sign of life, and how long it may give none before another takes over. */
export const storeLeaseLimits = { beatMs: 750, leaseMs: 2500, lookMs: 500 } as const;

/** The right to change what a store holds. */
export interface StoreLease {
  /** The number of the claim, larger than that of every leader before: the fencing token. */
  readonly epoch: number;
  /**
   * Throws CONFLICT if another coordinator has taken over. What was written before a call that resolves is seen by
   * whoever takes over later: that coordinator first removes this claim, and only then reads the store.
   */
  check(): Promise<void>;
  /** Gives the lease back, so that another coordinator need not wait for it to expire. */
  release(): Promise<void>;
}

export interface StoreLeaseOptions {
  readonly store: Store;
  readonly self: LeaderName;
  readonly limits?: LeaseLimits & { readonly beatMs: number; readonly lookMs: number };
  /** Called with the coordinator that leads: when it is first seen, and when it has given a sign of life since. */
  onWait(leader: LeaderName, isAlive: boolean): void;
  /** Called once if the lease is lost. */
  onLost(error: TandemError): void;
  readonly signal?: AbortSignal;
  readonly time?: Time;
}

const prefix = 'leaders/';
const claimKey = (epoch: number): string => `${prefix}${stepName(epoch)}/claim.json`;
const beatKey = (epoch: number): string => `${prefix}${stepName(epoch)}/beat.json`;

const nameSchema = z.looseObject({ id: z.string(), host: z.string(), pid: z.int(), since: z.string() });
const beatSchema = z.looseObject({ beat: z.number(), released: z.boolean() });
const unknownLeader: LeaderName = { id: 'unknown', host: 'unknown', pid: 0, since: 'unknown' };

/**
 * Waits until this coordinator leads the store. A claim is `leaders/<epoch>/claim.json`, written only if absent, so
 * that one of several coordinators gets an epoch; its number is the fencing token. The new leader removes older claims
 * before it reads anything else.
 */
export async function leaseStore(options: StoreLeaseOptions): Promise<StoreLease> {
  const { store, self, limits = storeLeaseLimits, onWait, signal, time = realTime } = options;
  let seen: SeenLeader | undefined;
  let first: SeenLeader | undefined;
  let said = '';
  for (;;) {
    signal?.throwIfAborted();
    const found = await newestClaim(store);
    seen = seeLeader(seen, found, time.nowMs());
    const decision = decideLeader(time.nowMs(), seen, limits);
    if (decision.kind === 'claim') {
      const claim = new TextEncoder().encode(JSON.stringify(self));
      if (await store.putIfAbsent(claimKey(decision.epoch), claim, { durable: true }))
        return lead(decision.epoch, options, limits);
    } else if (seen) {
      if (first?.epoch !== seen.epoch) first = seen;
      const isAlive = seen.beat !== first.beat;
      if (said !== `${seen.epoch} ${isAlive}`) onWait(await nameOf(store, seen.epoch), isAlive);
      said = `${seen.epoch} ${isAlive}`;
    }
    await time.sleep(limits.lookMs, signal);
  }
}

async function lead(
  epoch: number,
  { store, onLost, time = realTime }: StoreLeaseOptions,
  { beatMs }: typeof storeLeaseLimits | NonNullable<StoreLeaseOptions['limits']>,
): Promise<StoreLease> {
  const older: string[] = [];
  for await (const key of store.list(prefix)) if ((stepOf(key) ?? epoch) < epoch) older.push(key);
  for (const key of older) await store.remove(key);

  let beat = 0;
  let isOver = false;
  const write = (released: boolean): Promise<void> =>
    store.put(beatKey(epoch), new TextEncoder().encode(JSON.stringify({ beat: ++beat, released })));
  const check = async (): Promise<void> => {
    if ((await store.size(claimKey(epoch))) === undefined) throw superseded(store);
  };
  await write(false);
  const stopping = new AbortController();
  const beating = (async () => {
    while (!isOver) {
      await time.sleep(beatMs, stopping.signal).catch(() => undefined);
      if (isOver) return;
      try {
        await check();
        await write(false);
      } catch (error) {
        // A store that does not answer is no reason to give up: nobody else can take over there either.
        if (!(error instanceof TandemError) || error.code !== ErrorCode.Conflict) continue;
        isOver = true;
        onLost(error);
      }
    }
  })();
  return {
    epoch,
    check,
    async release() {
      if (isOver) return;
      isOver = true;
      stopping.abort();
      await beating;
      if ((await store.size(claimKey(epoch))) !== undefined) await write(true);
    },
  };
}

async function newestClaim(store: Store): Promise<Omit<SeenLeader, 'sinceMs'> | undefined> {
  let epoch: number | undefined;
  for await (const key of store.list(prefix)) epoch = Math.max(epoch ?? 0, stepOf(key) ?? 0);
  if (epoch === undefined) return undefined;
  const { beat, released } = (await read(store, beatKey(epoch), beatSchema)) ?? { beat: 0, released: false };
  return { epoch, beat, released };
}

async function nameOf(store: Store, epoch: number): Promise<LeaderName> {
  return (await read(store, claimKey(epoch), nameSchema)) ?? unknownLeader;
}

/** A record, or undefined if it is not there or cannot be read: then its writer is silent. */
async function read<T>(store: Store, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.safeParse(parseJson(await store.get(key))).data;
  } catch (error) {
    if (error instanceof TandemError && error.code === ErrorCode.StoreFailed) throw error;
    return undefined;
  }
}

function superseded({ url }: Store): TandemError {
  return new TandemError({
    code: ErrorCode.Conflict,
    message: `Leadership: expected to lead the store ${url}, but another coordinator has taken over`,
    help: 'This one was silent for too long, or was taken for dead. The other goes on with its runs.',
  });
}
