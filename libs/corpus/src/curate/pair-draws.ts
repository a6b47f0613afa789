/** What a pair is to the draws: 64 bits of its key and the seed. */
export interface PairWords {
  readonly first: number;
  readonly second: number;
}

/**
 * A number of [0, 1) for every pair and query, as if drawn at random: a function of the seed, the pair's key and the
 * query's text, and of nothing else. So a draw is the same whoever makes it, in whatever order, beside whatever other
 * pairs and queries. 53 bits each.
 */
export interface PairDraws {
  pair(key: string): PairWords;
  uniform(pair: PairWords, query: number): number;
}

export function pairDraws(seed: number, queries: readonly string[]): PairDraws {
  const hashes = new Uint32Array(queries.length * 2);
  queries.forEach((query, at) => hashes.set([textHash(query, firstLane), textHash(query, secondLane)], at * 2));
  return {
    pair: (key) => ({ first: textHash(key, seed ^ firstLane), second: textHash(key, seed ^ secondLane) }),
    uniform({ first, second }, query) {
      const [one, other] = [hashes[query * 2]!, hashes[query * 2 + 1]!];
      const high = ended(mixed(mixed(first, one), other));
      const low = ended(mixed(mixed(second, other), one));
      return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
    },
  };
}

const firstLane = 0x9747b28c;
const secondLane = 0x3c6ef372;

function textHash(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = mixed(hash, text.charCodeAt(at));
  return ended(hash ^ text.length);
}

/** The steps of MurmurHash3, public domain. */
function mixed(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const next = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0;
}

function ended(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
