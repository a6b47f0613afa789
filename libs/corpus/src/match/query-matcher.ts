import { composed } from '../text/characters.js';
import { forEachToken } from '../text/tokens.js';
import { buildAutomaton } from './automaton.js';
import { tokenTable } from './token-table.js';

/** Finds queries in captions, at most 2^32 − 1 times: those whose `boundedQuery` is a part of a caption's `boundedText`. */
export interface QueryMatcher {
  /**
   * Indices of the queries that are in any of the captions, each once, by the places where they first end. A view that
   * the next call overwrites.
   */
  matches(captions: readonly string[]): Uint32Array;
  /** How many calls found each query: [queries]. */
  counts(): Uint32Array;
}

/** `queries`: as `plainQuery` gives them, different from each other, none of them empty. */
export function queryMatcher(queries: readonly string[], ignoreCase: boolean): QueryMatcher {
  const tokens = tokensOf(queries);
  const numbers = new Map(tokens.map((token, number) => [token, number]));
  const patterns = queries.map((query) => Uint32Array.from(tokensIn(query), (token) => numbers.get(token)!));
  const table = tokenTable(tokens);
  const automaton = buildAutomaton(patterns, tokens.length);
  const found = new Uint32Array(queries.length);
  /** The last call that found a query, and how many did: side by side, so that they are read in one go. */
  const finds = new Uint32Array(queries.length * 2);
  let [node, count, call, text] = [0, 0, 0, ''];

  function step(from: number, to: number): void {
    const token = table.find(text, from, to);
    node = token < 0 ? 0 : automaton.next(node, token);
    for (let at = node; at !== 0; at = automaton.shorter(at)) {
      const query = automaton.pattern(at);
      if (query < 0) continue;
      // What ends within a query that was found before has been found with it.
      if (finds[query * 2] === call) return;
      finds[query * 2] = call;
      finds[query * 2 + 1]!++;
      found[count++] = query;
    }
  }

  return {
    matches(captions) {
      call++;
      count = 0;
      for (const caption of captions) {
        node = 0;
        text = composed(ignoreCase ? caption.toLowerCase() : caption);
        forEachToken(text, step);
      }
      return found.subarray(0, count);
    },
    counts: () => Uint32Array.from(queries, (_, query) => finds[query * 2 + 1]!),
  };
}

/** The tokens of all queries, frequent ones first: what is often read together then lies together in memory. */
function tokensOf(queries: readonly string[]): string[] {
  const frequencies = new Map<string, number>();
  for (const query of queries)
    for (const token of tokensIn(query)) frequencies.set(token, (frequencies.get(token) ?? 0) + 1);
  return [...frequencies].sort(([, a], [, b]) => b - a).map(([token]) => token);
}

function tokensIn(query: string): string[] {
  const tokens: string[] = [];
  forEachToken(query, (from, to) => tokens.push(query.slice(from, to)));
  return tokens;
}
