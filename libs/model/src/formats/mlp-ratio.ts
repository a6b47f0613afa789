/**
 * A ratio of which `width` times it, cut to a whole number, is `hidden`: the quotient, or a little more where rounding
 * would lose one.
 */
export function mlpRatio(hidden: number, width: number): number {
  const exact = hidden / width;
  return Math.floor(width * exact) === hidden ? exact : (hidden + 0.5) / width;
}
