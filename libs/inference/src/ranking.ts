export interface LabelProbability {
  readonly label: string;
  readonly probability: number;
}

/** The `k` most probable labels, most probable first; the probabilities are the softmax of the logits [C]. */
export function mostProbable(logits: Float32Array, labels: readonly string[], k: number): LabelProbability[] {
  const probabilities = softmax(logits);
  return topK(logits, k).map((index) => ({ label: labels[index]!, probability: probabilities[index]! }));
}

/** softmax of logits [C]. Loops, because an evaluation does this for each image, and `from` takes ten times as long. */
export function softmax(logits: Float32Array): Float32Array {
  const highest = logits.reduce((best, logit) => Math.max(best, logit), -Infinity);
  const exps = new Float64Array(logits.length);
  for (let i = 0; i < exps.length; i += 1) exps[i] = Math.exp(logits[i]! - highest);
  const sum = exps.reduce((total, value) => total + value, 0);
  return new Float32Array(exps.map((value) => value / sum));
}

/** Indices of the `k` highest scores, highest first; of equal scores the lower index comes first. */
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

/** Rank of one index in the order of topK, 1 for the highest score. */
export function rankOf(scores: Float32Array, index: number): number {
  const own = scores[index]!;
  return scores.reduce((rank, score, other) => (score > own || (score === own && other < index) ? rank + 1 : rank), 1);
}
