/** What random bits are used for. The purpose is one of the words they are computed from, so no two uses share bits. */
export const Purpose = {
  order: 1,
  row: 2,
  pairOfGroup: 3,
  caption: 4,
  augmentation: 5,
  replacement: 6,
  resampled: 7,
  part: 8,
} as const;

/**
 * 32 random bits determined by `words`, of which 32 bits each are used. Source: the mixing steps of MurmurHash3, public
 * domain.
 */
export function randomBits(...words: readonly number[]): number {
  let hash = 0x9747b28c;
  for (const word of words) {
    let k = Math.imul(word, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    hash ^= Math.imul(k, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= words.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A stream of uniform numbers in [0, 1) determined by `words`. */
export function uniformStream(...words: readonly number[]): () => number {
  let drawn = 0;
  return () => randomBits(...words, drawn++) / 2 ** 32;
}

/** A uniform integer in [0, count) determined by `words`. The bias is below count / 2^32. */
export function randomIndex(count: number, ...words: readonly number[]): number {
  return Math.floor((randomBits(...words) / 2 ** 32) * count);
}
