import { composed } from '../text/characters.js';
import { forEachToken } from '../text/tokens.js';
import { buildAutomaton, Node, nodeNumbers } from './automaton.js';
import { tokenTable } from './token-table.js';

/** Finds queries in captions, at most 2^31 − 1 times: those whose `boundedQuery` is in a caption's `boundedText`. */
export interface QueryMatcher {
  /**
   * Finds the queries that are in any of the captions, each once, by the places where they first end, and returns their
   * number. Their indices are in `found`.
   */
  match(captions: readonly string[]): number;
  readonly found: Uint32Array;
  /** How many calls found each query: [queries]. */
  counts(): Uint32Array;
}

/** `queries`: as `plainQuery` gives them, different from each other, none of them empty. */
export function queryMatcher(queries: readonly string[], ignoreCase: boolean): QueryMatcher {
  const tokens = tokensOf(queries);
  const numbers = new Map(tokens.map((token, number) => [token, number]));
  const patterns = queries.map((query) => Uint32Array.from(tokensIn(query), (token) => numbers.get(token)!));
  const table = tokenTable(tokens);
  const { next, nodes } = buildAutomaton(patterns, tokens.length);
  const found = new Uint32Array(queries.length);
  let [node, count, call, text] = [0, 0, 0, ''];

  function step(from: number, to: number): void {
    const token = table.find(text, from, to);
    node = token < 0 ? 0 : next(node, token);
    for (let at = node * nodeNumbers; at !== 0; at = nodes[at + Node.shorter]! * nodeNumbers) {
      const query = nodes[at + Node.pattern]!;
      if (query < 0) continue;
      // What ends within a query that was found before has been found with it.
      if (nodes[at + Node.lastFind] === call) return;
      nodes[at + Node.lastFind] = call;
      nodes[at + Node.finds]!++;
      found[count++] = query;
    }
  }

  return {
    found,
    match(captions) {
      call++;
      count = 0;
      for (const caption of captions) {
        node = 0;
        text = composed(ignoreCase ? caption.toLowerCase() : caption);
        forEachToken(text, step);
      }
      return count;
    },
    counts() {
      const counts = new Uint32Array(queries.length);
      for (let at = 0; at < nodes.length; at += nodeNumbers)
        if (nodes[at + Node.pattern]! >= 0) counts[nodes[at + Node.pattern]!] = nodes[at + Node.finds]!;
      return counts;
    },
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
