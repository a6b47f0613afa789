/** Wrong keys by the address they came from: how many are answered, and which are logged. */
export interface WrongKeys {
  note(address: string): WrongKeyVerdict;
}

export interface WrongKeyVerdict {
  /** More came from there than are answered; say to come back in `retrySeconds`. */
  readonly throttled: boolean;
  readonly retrySeconds: number;
  /** How many to log in one line now, with those that were not logged before; 0 to log none. */
  readonly toLog: number;
}

export interface WrongKeyLimits {
  /** Wrong keys that an address may give at once. */
  readonly burst: number;
  /** And from then on. */
  readonly perSecond: number;
  /** While an address is throttled, one line in so long. */
  readonly logEveryMs: number;
  /** Addresses remembered; the one that was silent longest is forgotten first. */
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

/** Whoever has one IPv6 address has all that share its first 64 bits. */
function networkOf(address: string): string {
  const ipv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return ipv4 ?? (address.includes(':') ? address.split(':').slice(0, 4).join(':') : address);
}
