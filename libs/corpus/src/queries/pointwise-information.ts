/**
 * Pointwise mutual information of two neighbouring words in bits: log2(n(ab) · N / (n(a) · n(b))). N: words of the
 * corpus. Source: Church & Hanks 1990; nltk's BigramAssocMeasures.pmi.
 */
export function pointwiseInformation(both: number, first: number, second: number, words: number): number {
  return Math.log2((both / first) * (words / second));
}

/**
 * The largest that a bigram can have which occurs at least `countMin` times: log2(N / countMin), where both words occur
 * nowhere else. So MetaCLIP's threshold of 30 is beyond reach in any corpus of fewer than 2^30 words.
 */
export function largestInformation(words: number, countMin: number): number {
  return Math.max(0, Math.log2(words / countMin));
}
