/** Lets through what comes from each place at a limited rate. */
export interface TokenBuckets {
  /** Notes one more from this place: whether it is let through, and if not, when the next would be. */
  take(place: string): Taken;
}

export interface Taken {
  readonly allowed: boolean;
  /** 0 if it is let through. */
  readonly retrySeconds: number;
}

export interface BucketLimits {
  /** How many are let through at once. */
  readonly burst: number;
  /** How many more each second after that. */
  readonly perSecond: number;
  /** How many places are remembered. The one that was silent longest is forgotten first. */
  readonly placesMax: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

export function openTokenBuckets({ burst, perSecond, placesMax }: BucketLimits, nowMs: () => number): TokenBuckets {
  const buckets = new Map<string, Bucket>();
  return {
    take(place) {
      const now = nowMs();
      const bucket = buckets.get(place) ?? { tokens: burst, atMs: now };
      buckets.delete(place);
      buckets.set(place, bucket);
      if (buckets.size > placesMax) buckets.delete(buckets.keys().next().value as string);
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.atMs) / 1000) * perSecond);
      bucket.atMs = now;
      if (bucket.tokens < 1) return { allowed: false, retrySeconds: Math.ceil((1 - bucket.tokens) / perSecond) };
      bucket.tokens--;
      return { allowed: true, retrySeconds: 0 };
    },
  };
}

/** An IPv6 address counts as its /64 network, because whoever has one address of it has all of them. */
export function networkOf(address: string): string {
  const ipv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return ipv4 ?? (address.includes(':') ? address.split(':').slice(0, 4).join(':') : address);
}
