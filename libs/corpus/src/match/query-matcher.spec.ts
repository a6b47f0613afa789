// Goal: the matcher finds what the definition of matching says. Method: random texts and queries of few characters of
// every class, so that they overlap and contain one another, against a search by String.includes.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { boundedQuery, boundedText, hasWord, plainQuery } from '../text/bounded-text.js';
import { queryMatcher } from './query-matcher.js';

const text = fc
  .array(fc.constantFrom('a', 'b', 'A', ' ', ' ', "'", '-', '.', '猫', '黑', '가', '😀', 'é', 'e\u0301', '\t', '𠀋'), {
    maxLength: 24,
  })
  .map((characters) => characters.join(''));

it.each([false, true])(
  'finds the same as a search of every query in every caption (case ignored: %s)',
  (ignoreCase) => {
    const folded = (one: string): string => (ignoreCase ? one.toLowerCase() : one);
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), fc.array(text, { maxLength: 4 }), (lines, captions) => {
        const queries = [...new Set(lines.map((line) => plainQuery(folded(line))).filter(hasWord))];
        const matcher = queryMatcher(queries, ignoreCase);
        const expected = queries.flatMap((query, at) =>
          captions.some((caption) => boundedText(folded(caption)).includes(boundedQuery(query))) ? [at] : [],
        );
        for (let round = 0; round < 2; round++)
          expect([...matcher.found.subarray(0, matcher.match(captions))].sort((a, b) => a - b)).toEqual(expected);
        expect([...matcher.counts()]).toEqual(queries.map((_, at) => (expected.includes(at) ? 2 : 0)));
      }),
    );
  },
);

it('finds queries within queries and across one another, each once', () => {
  const queries = ['new york', 'york', 'york city', 'new york city hall', 'city', 'a new'];
  const { match, found: indices } = queryMatcher(queries, false);
  const found = (caption: string): string[] => [...indices.subarray(0, match([caption]))].map((at) => queries[at]!);
  expect(found('a new york city, york')).toEqual(['a new', 'new york', 'york', 'york city', 'city']);
  expect(found('new york city hall')).toEqual(['new york', 'york', 'york city', 'city', 'new york city hall']);
  expect(found('newyork')).toEqual([]);
});
