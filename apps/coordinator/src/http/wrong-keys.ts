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

interface Bucket {
  tokens: number;
  atMs: number;
  loggedAtMs: number;
  unlogged: number;
}

export function openWrongKeys(
  { burst, perSecond, logEveryMs, addressesMax }: WrongKeyLimits,
  nowMs: () => number,
): WrongKeys {
  const buckets = new Map<string, Bucket>();
  return {
    note(address) {
      const now = nowMs();
      const place = networkOf(address);
      const bucket = buckets.get(place) ?? { tokens: burst, atMs: now, loggedAtMs: -Infinity, unlogged: 0 };
      buckets.delete(place);
      buckets.set(place, bucket);
      if (buckets.size > addressesMax) buckets.delete(buckets.keys().next().value as string);
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.atMs) / 1000) * perSecond);
      bucket.atMs = now;
      bucket.unlogged++;
      const throttled = bucket.tokens < 1;
      if (!throttled) bucket.tokens--;
      const toLog = !throttled || now - bucket.loggedAtMs >= logEveryMs ? bucket.unlogged : 0;
      if (toLog > 0) Object.assign(bucket, { unlogged: 0, loggedAtMs: now });
      return { throttled, retrySeconds: throttled ? Math.ceil((1 - bucket.tokens) / perSecond) : 0, toLog };
    },
  };
}

/** An IPv6 address counts as its /64 network, because whoever has one address of it has all of them. */
function networkOf(address: string): string {
  const ipv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return ipv4 ?? (address.includes(':') ? address.split(':').slice(0, 4).join(':') : address);
}
