import { LRUCache } from 'lru-cache';
import { networkOf, openTokenBuckets } from './token-buckets.js';

/** Counts wrong API keys by the address they came from, and decides which are answered and which are logged. */
export interface WrongKeys {
  note(address: string): WrongKeyVerdict;
}

export interface WrongKeyVerdict {
  /** The address has sent more wrong keys than are answered. It may come back in `retrySeconds`. */
  readonly throttled: boolean;
  readonly retrySeconds: number;
  /** How many wrong keys the next log line stands for, including those not logged before; 0 if none is to be logged. */
  readonly toLog: number;
}

export interface WrongKeyLimits {
  /** How many wrong keys from one address are answered at once. */
  readonly burst: number;
  /** How many more are answered each second after that. */
  readonly perSecond: number;
  /** While an address is throttled, at most one log line in this time. */
  readonly logEveryMs: number;
  /** How many addresses are remembered. The one that was silent longest is forgotten first. */
  readonly addressesMax: number;
}

export const wrongKeyLimits: WrongKeyLimits = { burst: 20, perSecond: 1, logEveryMs: 10_000, addressesMax: 10_000 };

export function openWrongKeys(limits: WrongKeyLimits, nowMs: () => number): WrongKeys {
  const buckets = openTokenBuckets({ ...limits, placesMax: limits.addressesMax }, nowMs);
  const unlogged = new LRUCache<string, { count: number; loggedAtMs: number }>({ max: limits.addressesMax });
  return {
    note(address) {
      const now = nowMs();
      const place = networkOf(address);
      const { allowed, retrySeconds } = buckets.take(place);
      const { count = 0, loggedAtMs = -Infinity } = unlogged.get(place) ?? {};
      const isTold = allowed || now - loggedAtMs >= limits.logEveryMs;
      unlogged.set(place, isTold ? { count: 0, loggedAtMs: now } : { count: count + 1, loggedAtMs });
      return { throttled: !allowed, retrySeconds, toLog: isTold ? count + 1 : 0 };
    },
  };
}
