// Goal: which pairs are kept is a function of seed, keys, captions and queries; each query keeps what the rule says.
// Method: made-up matches against brute force: all draws of a query sorted, and the probability of the formula.
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptionPair } from './caption-source.js';
import { capSearch } from './cap-limits.js';
import { curatePairs, type CurationRule } from './curation.js';
import { balanceLimits, tailShare, thresholdOfTail } from './keep-limits.js';
import { matchPairs } from './matched-pairs.js';
import { pairDraws } from './pair-draws.js';

const queries = ['a', 'b', 'c', 'd', 'never'];

/** Half of the pairs have `a`, a third `b`, a tenth `c`, three `d`, and some none. */
const pairs: readonly CaptionPair[] = Array.from({ length: 2000 }, (_, at) => ({
  key: `pair-${at}`,
  captions: [
    `x ${at % 2 === 0 ? 'a' : ''} ${at % 3 === 0 ? 'b' : ''}`,
    `${at % 10 === 7 ? 'c' : ''} ${at < 3 ? 'd' : ''}`,
  ],
}));

async function keptKeys(
  of: readonly CaptionPair[],
  rule: CurationRule,
  { seed = 1, list = queries, counts }: { seed?: number; list?: readonly string[]; counts?: Uint32Array } = {},
): Promise<{ keys: string[]; counts: Uint32Array; before: Uint32Array }> {
  const draws = pairDraws(seed, list);
  async function* source(): AsyncGenerator<readonly CaptionPair[]> {
    for (let at = 0; at < of.length; at += 300) yield of.slice(at, at + 300);
  }
  const matched = await matchPairs(source, list, draws, { ignoreCase: false, scratch: tmpdir() });
  try {
    const { kept, keptPairs, counts: after } = curatePairs(matched, rule, draws, counts ?? matched.counts);
    const keys = of.filter((_, at) => kept[at] === 1).map(({ key }) => key);
    expect(keys.length).toBe(keptPairs);
    return { keys: keys.sort(), counts: after, before: matched.counts };
  } finally {
    matched.spool.close();
  }
}

const queriesOf = ({ captions }: CaptionPair): number[] =>
  queries.flatMap((query, at) => (captions.join(' ').split(/ +/).includes(query) ? [at] : []));

describe('cap', () => {
  it.each([1, 7, 100, 700])(
    'keeps the %i pairs of each query with the lowest draws, and no pair twice',
    async (cap) => {
      const draws = pairDraws(1, queries);
      const expected = new Set<string>();
      queries.forEach((_, query) => {
        const own = pairs.filter((pair) => queriesOf(pair).includes(query));
        const drawn = own.map(({ key }) => ({ key, draw: draws.uniform(draws.pair(key), query) }));
        for (const { key } of drawn.sort((a, b) => a.draw - b.draw).slice(0, cap)) expected.add(key);
      });
      expect((await keptKeys(pairs, { method: 'cap', perQuery: cap })).keys).toEqual([...expected].sort());
    },
  );

  it('finds the limit also where its first guess is far away', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (numbers, cap) => {
          const all = numbers.map((number) => number / 51 / (number % 7 === 0 ? 1e6 : 1));
          const search = capSearch([all.length], cap);
          let limits = search.limits();
          for (let round = 0; !limits && round < 60; round++) {
            for (const draw of all) search.offer(0, draw);
            limits = search.limits();
          }
          const kept = all.filter((draw) => draw < limits![0]!).length;
          const sorted = [...all].sort((a, b) => a - b);
          // Equal draws at the limit are left out together, so that the cap always holds.
          const expected = all.length <= cap ? all.length : sorted.filter((draw) => draw < sorted[cap]!).length;
          expect(kept).toBe(expected);
        },
      ),
    );
  });
});

describe('balance', () => {
  it('keeps a pair with probability 1 − Π(1 − min(1, t / count))', async () => {
    const rule = { method: 'balance', perQuery: 50 } as const;
    const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1);
    const kept = new Map<string, number>();
    let before: Uint32Array | undefined;
    for (const seed of seeds) {
      const outcome = await keptKeys(pairs, rule, { seed });
      ({ before } = outcome);
      for (const key of outcome.keys) kept.set(key, (kept.get(key) ?? 0) + 1);
    }
    expect([...before!]).toEqual([1000, 667, 200, 3, 0]);
    for (const group of ['', '0', '1', '0,1', '2', '1,2']) {
      const of = pairs.filter((pair) => String(queriesOf(pair)) === group);
      const matched = group === '' ? [] : group.split(',').map(Number);
      const chance = 1 - matched.reduce((none, query) => none * (1 - Math.min(1, 50 / before![query]!)), 1);
      const share = of.reduce((sum, { key }) => sum + (kept.get(key) ?? 0), 0) / (of.length * seeds.length);
      const deviation = Math.sqrt((chance * (1 - chance)) / (of.length * seeds.length));
      expect(Math.abs(share - chance), `queries ${group}`).toBeLessThanOrEqual(5 * deviation);
    }
    expect(pairs.slice(0, 3).every(({ key }) => kept.get(key) === seeds.length)).toBe(true);
  });

  it('of parts, by the counts of all, is that of the whole', async () => {
    const rule = { method: 'balance', perQuery: 30 } as const;
    const whole = await keptKeys(pairs, rule);
    const parts = [pairs.slice(0, 511), pairs.slice(511)];
    const kept = await Promise.all(parts.map((part) => keptKeys(part, rule, { counts: whole.before })));
    expect(kept.flatMap(({ keys }) => keys).sort()).toEqual(whole.keys);
  });
});

it.each(['cap', 'balance'] as const)(
  '%s: the order of pairs and queries changes nothing, the seed does',
  async (method) => {
    const rule = { method, perQuery: 40 };
    const { keys, counts } = await keptKeys(pairs, rule);
    const moved = pairs.map((_, at) => pairs[(at * 1237) % pairs.length]!);
    const reversed = await keptKeys(moved, rule, { list: queries.toReversed() });
    expect(reversed.keys).toEqual(keys);
    expect([...reversed.counts].reverse()).toEqual([...counts]);
    expect((await keptKeys(pairs, rule, { seed: 2 })).keys).not.toEqual(keys);
  },
);

it('says so where nothing matches', async () => {
  const other = pairs.map(({ key }) => ({ key, captions: ['A'] }));
  await expect(keptKeys(other, { method: 'cap', perQuery: 1 })).rejects.toThrow('of 2000 pairs 0 match a query');
});

it('draws are uniform, and those of a pair for two queries independent', () => {
  const { pair, uniform } = pairDraws(3, ['one', 'two']);
  const draws = Array.from({ length: 40_000 }, (_, at) => pair(String(at))).map((one) => [
    uniform(one, 0),
    uniform(one, 1),
  ]);
  const cells = new Float64Array(64);
  for (const [x, y] of draws) cells[Math.floor(x! * 8) * 8 + Math.floor(y! * 8)]! += 1;
  const expected = draws.length / 64;
  const chiSquare = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  expect(chiSquare).toBeLessThan(63 + 5 * Math.sqrt(2 * 63));
});

it('limits and shares of the tail are as MetaCLIP has them', () => {
  expect([...balanceLimits([0, 1, 20_000, 40_000], 20_000)]).toEqual([1, 1, 1, 0.5]);
  const counts = [1, 2, 3, 4, 90];
  expect(tailShare(counts, 4)).toBe(0.06);
  expect(thresholdOfTail(counts, 0.06)).toBe(3);
  expect(thresholdOfTail(counts, 0.5)).toBe(90);
});
