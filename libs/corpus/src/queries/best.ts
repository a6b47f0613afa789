import TinyQueue from 'tinyqueue';
import type { Query } from './query-list.js';

/** Keeps the best of many queries by a score; of equal ones, those that come first in the alphabet. */
export interface Best {
  offer(query: Query, score: number): void;
  /** How many were offered. */
  readonly offered: number;
  /** The best first. */
  list(): Query[];
}

interface Scored {
  readonly query: Query;
  readonly score: number;
}

export function best(max: number): Best {
  const queue = new TinyQueue<Scored>([], worseFirst);
  let offered = 0;
  return {
    get offered() {
      return offered;
    },
    offer(query, score) {
      offered++;
      queue.push({ query, score });
      if (queue.length > max) queue.pop();
    },
    list: () =>
      [...queue.data]
        .sort(worseFirst)
        .reverse()
        .map(({ query }) => query),
  };
}

function worseFirst(a: Scored, b: Scored): number {
  return a.score - b.score || (a.query.text < b.query.text ? 1 : -1);
}
