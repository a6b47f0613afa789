import { topK } from '#inference/ranking.js';
import { similarities } from '#inference/similarities.js';
import { inTurns } from '#threads/turns.js';

export interface NearRow {
  readonly row: number;
  /** Cosine of the angle between the embeddings. */
  readonly similarity: number;
}

/** The `count` rows [n, d] nearest to a query [d], nearest first; of equal ones the lower row. All of unit length. */
export async function nearestRows(query: Float32Array, rows: Float32Array, count: number): Promise<NearRow[]> {
  const scores = await inTurns(similarities(query, rows, query.length, 1));
  return topK(scores, count).map((row) => ({ row, similarity: scores[row]! }));
}
