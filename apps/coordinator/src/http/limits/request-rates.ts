import type { IncomingMessage, ServerResponse } from 'node:http';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Caller } from '../access.js';
import { networkOf, openTokenBuckets, type TokenBuckets } from './token-buckets.js';

export interface RequestRateLimits {
  /** Requests a second that are answered with one key; 0: any number. */
  readonly keyPerSecond: number;
  /** Requests a second without a key that are answered from one address; 0: any number. */
  readonly addressPerSecond: number;
}

/** Refuses requests that come too fast. */
export interface RequestRates {
  /** Throws THROTTLED, with the header Retry-After, if requests of this caller come too fast. */
  check(caller: Caller | 'refused', request: IncomingMessage, response: ServerResponse): void;
}

/** What comes at once may be as much as comes in so many seconds. */
const burstSeconds = 2;
const placesMax = 10_000;

/**
 * Requests with a key are counted by it, whatever their address, because callers may share an address with others.
 * Requests without one are counted by their address.
 */
export function openRequestRates(limits: RequestRateLimits, nowMs: () => number): RequestRates {
  const open = (perSecond: number): TokenBuckets | undefined =>
    perSecond === 0 ? undefined : openTokenBuckets({ perSecond, burst: burstSeconds * perSecond, placesMax }, nowMs);
  const [byKey, byAddress] = [open(limits.keyPerSecond), open(limits.addressPerSecond)];
  return {
    check(caller, request, response) {
      const isKeyed = caller !== 'refused' && caller.standing === 'key';
      const taken = isKeyed
        ? byKey?.take(caller.key.id)
        : byAddress?.take(networkOf(request.socket.remoteAddress ?? ''));
      if (!taken || taken.allowed) return;
      response.setHeader('retry-after', String(taken.retrySeconds));
      throw isKeyed
        ? tooMany('with one key', limits.keyPerSecond, 'TANDEM_KEY_REQUESTS_PER_SECOND')
        : tooMany('without a key from one address', limits.addressPerSecond, 'TANDEM_ADDRESS_REQUESTS_PER_SECOND');
    },
  };
}

function tooMany(what: string, perSecond: number, setting: string): TandemError {
  return new TandemError({
    code: ErrorCode.Throttled,
    message: `API: expected at most ${perSecond} requests a second ${what}, got more`,
    help: `Wait for as long as the header Retry-After says. ${setting} of the coordinator sets the limit.`,
    retryable: true,
  });
}
