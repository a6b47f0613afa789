/** λ tried, and how good it was. */
export interface TriedLambda {
  readonly lambda: number;
  readonly score: number;
}

export interface Sweep {
  readonly best: TriedLambda;
  /** In ascending order of λ. */
  readonly tried: readonly TriedLambda[];
}

/** The grid: 10^(k/8) for whole k, 8 values a decade, 96 steps from 1e-6 to 1e6. */
const perDecade = 8;
const endPlace = 6 * perDecade;
const firstStride = 2 * perDecade;

/**
 * The best λ of 96 steps from 1e-6 to 1e6, without trying each: first seven that are two decades apart; then, around
 * the best so far, those a decade, a half, a quarter and an eighth of a decade away. At most 15 are tried. Of equal
 * scores the larger λ is taken. Source: CLIP Appendix A.3.
 */
export async function sweepRegularisation(score: (lambda: number) => Promise<number>): Promise<Sweep> {
  const scores = new Map<number, number>();
  const attempt = async (place: number): Promise<void> => {
    if (Math.abs(place) <= endPlace && !scores.has(place)) scores.set(place, await score(lambdaAt(place)));
  };
  const bestPlace = (): number =>
    [...scores].reduce((best, one) => (one[1] > best[1] || (one[1] === best[1] && one[0] > best[0]) ? one : best))[0];
  for (let place = -endPlace; place <= endPlace; place += firstStride) await attempt(place);
  for (let stride = firstStride / 2; stride >= 1; stride /= 2) {
    const peak = bestPlace();
    await attempt(peak - stride);
    await attempt(peak + stride);
  }
  const best = bestPlace();
  return {
    best: { lambda: lambdaAt(best), score: scores.get(best)! },
    tried: [...scores]
      .sort(([one], [other]) => one - other)
      .map(([place, value]) => ({ lambda: lambdaAt(place), score: value })),
  };
}

function lambdaAt(place: number): number {
  return 10 ** (place / perDecade);
}
