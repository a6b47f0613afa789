import { scaledDots } from '#inference/similarities.js';
import type { Pausable } from '#threads/turns.js';

/** Embeddings of images, and of the captions that belong to them. */
export interface RetrievalPairs {
  /** [n, d], rows of unit length. */
  readonly images: Float32Array;
  /** [m, d], rows of unit length. */
  readonly texts: Float32Array;
  /** Which image each text is of: [m]. */
  readonly imageOf: Int32Array;
  readonly width: number;
}

export interface RetrievalRanks {
  /** For each image the rank of the best of its own texts among all texts, 1 for the most similar: [n]. */
  readonly textForImage: Int32Array;
  /** For each text the rank of its image among all images: [m]. */
  readonly imageForText: Int32Array;
}

export interface Recall {
  /** Share of the queries whose rank is at most K, by K. */
  readonly at: Readonly<Record<number, number>>;
  readonly medianRank: number;
}

export const recallPlaces = [1, 5, 10] as const;

/**
 * Ranks by cosine similarity in both directions; of equal ones the lower index ranks first. An image without a text
 * gets rank 0, which counts for nothing. Work: n·m·d multiply-adds, twice.
 */
export function* retrievalRanks({ images, texts, imageOf, width }: RetrievalPairs): Pausable<RetrievalRanks> {
  const [n, m] = [images.length / width, texts.length / width];
  const rowOf = (rows: Float32Array, index: number): Float32Array => rows.subarray(index * width, (index + 1) * width);
  // The same sum in the same order as in a row of scores, so that equal ones are equal.
  const own = new Float32Array(m);
  for (let text = 0; text < m; text += 1)
    scaledDots(rowOf(images, imageOf[text]!), rowOf(texts, text), 1, own.subarray(text, text + 1));
  yield;
  const imageForText = new Int32Array(m).fill(1);
  const textForImage = new Int32Array(n);
  const scores = new Float32Array(m);
  for (let image = 0; image < n; image += 1) {
    scaledDots(rowOf(images, image), texts, 1, scores);
    let best = -1;
    for (let text = 0; text < m; text += 1) {
      const [score, mine] = [scores[text]!, own[text]!];
      if (imageOf[text] === image) best = best < 0 || score > scores[best]! ? text : best;
      else if (score > mine || (score === mine && image < imageOf[text]!)) imageForText[text]! += 1;
    }
    if (best >= 0) textForImage[image] = rankIn(scores, best);
    yield;
  }
  return { textForImage, imageForText };
}

function rankIn(scores: Float32Array, index: number): number {
  const own = scores[index]!;
  let rank = 1;
  for (let other = 0; other < scores.length; other += 1)
    if (scores[other]! > own || (scores[other] === own && other < index)) rank += 1;
  return rank;
}

/** R@1, R@5, R@10 and the median, over the queries that have an answer. */
export function recallOf(ranks: Int32Array): Recall {
  const sorted = ranks.filter((rank) => rank > 0).sort();
  const within = (k: number): number => sorted.reduce((sum, rank) => (rank <= k ? sum + 1 : sum), 0) / sorted.length;
  const middle = (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
  return { at: Object.fromEntries(recallPlaces.map((k) => [k, within(k)])), medianRank: middle };
}
