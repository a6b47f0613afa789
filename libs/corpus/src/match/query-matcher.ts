import { composed } from '../text/characters.js';
import { forEachToken } from '../text/tokens.js';
import { buildAutomaton } from './automaton.js';
import { tokenTable } from './token-table.js';

/** Finds queries in captions: those whose `boundedQuery` is a part of a caption's `boundedText`. */
export interface QueryMatcher {
  /**
   * Indices of the queries that are in any of the captions, each once, by the places where they first end. A view that
   * the next call overwrites.
   */
  matches(captions: readonly string[]): Uint32Array;
}

/** `queries`: as `plainQuery` gives them, different from each other, none of them empty. */
export function queryMatcher(queries: readonly string[], ignoreCase: boolean): QueryMatcher {
  const numbers = new Map<string, number>();
  const patterns = queries.map((query) => {
    const pattern: number[] = [];
    forEachToken(query, (from, to) => {
      const token = query.slice(from, to);
      const number = numbers.get(token) ?? numbers.size;
      numbers.set(token, number);
      pattern.push(number);
    });
    return Uint32Array.from(pattern);
  });
  const table = tokenTable([...numbers.keys()]);
  const automaton = buildAutomaton(patterns, table.tokens);
  const found = new Uint32Array(queries.length);
  const lastCall = new Uint32Array(queries.length);
  let [node, count, call, text] = [0, 0, 0, ''];

  function step(from: number, to: number): void {
    const token = table.find(text, from, to);
    node = token < 0 ? 0 : automaton.next(node, token);
    for (let at = node; at !== 0; at = automaton.shorter(at)) {
      const query = automaton.pattern(at);
      if (query < 0) continue;
      // What ends within a query that was found before has been found with it.
      if (lastCall[query] === call) return;
      lastCall[query] = call;
      found[count++] = query;
    }
  }

  return {
    matches(captions) {
      if (++call > 0xffffffff) {
        lastCall.fill(0);
        call = 1;
      }
      count = 0;
      for (const caption of captions) {
        node = 0;
        text = composed(ignoreCase ? caption.toLowerCase() : caption);
        forEachToken(text, step);
      }
      return found.subarray(0, count);
    },
  };
}
