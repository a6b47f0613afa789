import { describe, expect, it } from 'vitest';
import type { CountEntry, SortedCounts } from '../count/count-entry.js';
import { largestInformation, pointwiseInformation } from './pointwise-information.js';
import { selectQueries, type QuerySettings } from './select-queries.js';
import { synsetNames } from './word-net.js';

const settings: QuerySettings = {
  wordCountMin: 10,
  bigramCountMin: 4,
  titleViewsMin: 70,
  max: { word: 100, bigram: 100, title: 100, wordnet: 100 },
  queriesMax: 100,
};

async function* countsOf(entries: Readonly<Record<string, number>>): SortedCounts {
  yield Object.entries(entries)
    .map(([name, count]): CountEntry => ({ name, count }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const corpus = {
  '0\twords': 1024,
  '0\tlines': 50,
  '1\tthe': 100,
  '1\tof': 64,
  '1\tnew': 16,
  '1\tyork': 8,
  '1\tsan': 4,
  '1\tjose': 4,
  '1\trare': 1,
  '2\tof the': 32,
  '2\tnew york': 8,
  '2\tsan jose': 4,
  '2\tthe rare': 1,
  '3\tNew York': 90,
  '3\tthe': 500,
  '3\tTalk:New York': 900,
  '3\tSan Jose': 69,
};

const texts = ({ queries }: Awaited<ReturnType<typeof selectQueries>>): string[] => queries.map(({ text }) => text);

describe('selectQueries', () => {
  it('takes words, bigrams, titles and names of WordNet, each by rank and none twice', async () => {
    const selection = await selectQueries(countsOf(corpus), ['new', 'physical entity', 'the'], settings);
    expect(selection.queries).toEqual([
      { text: 'the', source: 'word', count: 100 },
      { text: 'of', source: 'word', count: 64 },
      { text: 'new', source: 'word', count: 16 },
      { text: 'san jose', source: 'bigram', count: 4, pmi: 8 },
      { text: 'new york', source: 'bigram', count: 8, pmi: 6 },
      { text: 'New York', source: 'title', count: 90 },
      { text: 'physical entity', source: 'wordnet', count: 0 },
    ]);
    expect(selection.pmi).toEqual({ min: 4, largest: 8 });
    expect(selection.sources[0]).toEqual({ source: 'word', found: 3, taken: 3 });
  });

  it('takes titles of articles only, where the corpus has articles', async () => {
    const counts = { ...corpus, '0\tarticles': 2, '4\tTalk:New York': 1, '4\tSan Jose': 1 };
    const { queries } = await selectQueries(countsOf(counts), [], settings);
    expect(queries.filter(({ source }) => source === 'title').map(({ text }) => text)).toEqual(['Talk:New York']);
  });

  it('ends at its limits, of each source and in all', async () => {
    const limited = { ...settings, queriesMax: 4, max: { ...settings.max, word: 2 } };
    const selection = await selectQueries(countsOf(corpus), ['physical entity'], limited);
    expect(texts(selection)).toEqual(['the', 'of', 'san jose', 'new york']);
    expect(selection.sources).toEqual([
      { source: 'word', found: 3, taken: 2 },
      { source: 'bigram', found: 2, taken: 2 },
      { source: 'title', found: 1, taken: 0 },
      { source: 'wordnet', found: 1, taken: 0 },
    ]);
  });

  it('says which information is the largest possible, where no bigram can have so much', async () => {
    await expect(selectQueries(countsOf(corpus), [], { ...settings, pmiMin: 30 })).rejects.toThrow(
      'in a corpus of 1,024 words the largest of a bigram that occurs 4 times is log2(1024 / 4) = 8.00.',
    );
    expect(texts(await selectQueries(countsOf(corpus), [], { ...settings, pmiMin: 8 }))).toContain('san jose');
  });

  it('refuses counts by different versions of ICU, and a list of nothing', async () => {
    const two = { ...corpus, '0\twords by ICU 74': 1, '0\twords by ICU 75': 1 };
    await expect(selectQueries(countsOf(two), [], settings)).rejects.toThrow('got ICU 74 and ICU 75');
    await expect(selectQueries(countsOf({ '0\twords': 3 }), [], settings)).rejects.toThrow('no word of 3 occurs 10');
  });
});

it('the information of a pair is log2 of how many times more often than by chance it occurs', () => {
  expect(pointwiseInformation(8, 16, 8, 1024)).toBe(6);
  expect(pointwiseInformation(1, 32, 32, 1024)).toBe(0);
  expect(largestInformation(2 ** 30, 1)).toBe(30);
});

it('WordNet has a name for each synset, as it is spelled', () => {
  const names = synsetNames();
  expect(names.slice(0, 3)).toEqual(['entity', 'physical entity', 'abstraction']);
  expect(names).toEqual(expect.arrayContaining(['Airedale', 'galore', 'New York', 'physical entity', 'dog']));
  expect(names.length).toBe(new Set(names).size);
  expect(names.filter((name) => /[_()]/.test(name))).toEqual([]);
  expect(names.length).toBeGreaterThan(80_000);
});
