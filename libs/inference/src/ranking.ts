/** A class and its probability. */
export interface RankedClass {
  readonly index: number;
  readonly probability: number;
}

/** softmax of logits [C]. */
export function softmax(logits: Float32Array): Float32Array {
  const highest = logits.reduce((best, logit) => Math.max(best, logit), -Infinity);
  const exps = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = exps.reduce((total, value) => total + value, 0);
  return Float32Array.from(exps, (value) => value / sum);
}

/** The `k` highest scores, best first; of equal ones the lower index comes first. */
export function topK(scores: Float32Array, k: number): number[] {
  const best: number[] = [];
  for (let index = 0; index < scores.length; index += 1) {
    let place = best.length;
    while (place > 0 && scores[index]! > scores[best[place - 1]!]!) place -= 1;
    if (place >= k) continue;
    best.splice(place, 0, index);
    if (best.length > k) best.pop();
  }
  return best;
}

/** Place of one class in that order, 1 for the best. */
export function rankOf(scores: Float32Array, index: number): number {
  const own = scores[index]!;
  return scores.reduce((rank, score, other) => (score > own || (score === own && other < index) ? rank + 1 : rank), 1);
}
