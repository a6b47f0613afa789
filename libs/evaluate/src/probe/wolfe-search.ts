/** A differentiable function at a point. */
export interface Valued {
  readonly value: number;
  readonly gradient: Float64Array;
}
/** A point of a line: x + step·direction. */
export interface LinePoint extends Valued {
  readonly step: number;
  readonly x: Float64Array;
  /** ⟨∇f, direction⟩ */
  readonly slope: number;
}

const sufficientDecrease = 1e-4;
const curvature = 0.9;
const trialsMax = 30;

/**
 * A step that meets the strong Wolfe conditions: f falls by at least 1e-4 of what the slope promises, and the slope
 * shrinks to at most 0.9 of its size. Undefined where none is found, because the line does not fall or rounding hides
 * it. Source: Nocedal & Wright, Numerical Optimization, Algorithms 3.5 and 3.6.
 */
export async function strongWolfeStep(
  along: (step: number) => Promise<LinePoint>,
  start: LinePoint,
  first: number,
): Promise<LinePoint | undefined> {
  if (!(start.slope < 0)) return undefined;
  let before = start;
  let step = first;
  for (let trial = 0; trial < trialsMax; trial += 1) {
    const here = await along(step);
    if (!isLower(here, start) || (trial > 0 && here.value >= before.value)) return zoom(along, start, before, here);
    if (Math.abs(here.slope) <= -curvature * start.slope) return here;
    if (here.slope >= 0) return zoom(along, start, here, before);
    before = here;
    step *= 2;
  }
  return before === start ? undefined : before;
}

/** `low` has the lowest value so far; a good step lies between it and `high`. */
async function zoom(
  along: (step: number) => Promise<LinePoint>,
  start: LinePoint,
  low: LinePoint,
  high: LinePoint,
): Promise<LinePoint | undefined> {
  for (let trial = 0; trial < trialsMax; trial += 1) {
    const here = await along(between(low, high));
    if (!isLower(here, start) || here.value >= low.value) high = here;
    else {
      if (Math.abs(here.slope) <= -curvature * start.slope) return here;
      if (here.slope * (high.step - low.step) >= 0) high = low;
      low = here;
    }
    if (Math.abs(high.step - low.step) <= Number.EPSILON * Math.abs(low.step)) break;
  }
  return low.step > 0 && low.value < start.value ? low : undefined;
}

function isLower(here: LinePoint, start: LinePoint): boolean {
  return here.value <= start.value + sufficientDecrease * here.step * start.slope; // False for NaN.
}

/** The minimum of the cubic through both points, or the middle where that is too near to an end. */
function between(a: LinePoint, b: LinePoint): number {
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step);
  const d2 = Math.sign(b.step - a.step) * Math.sqrt(d1 * d1 - a.slope * b.slope);
  const cubic = b.step - ((b.step - a.step) * (b.slope + d2 - d1)) / (b.slope - a.slope + 2 * d2);
  const [low, high] = [Math.min(a.step, b.step), Math.max(a.step, b.step)];
  const margin = 0.1 * (high - low);
  return cubic >= low + margin && cubic <= high - margin ? cubic : (low + high) / 2;
}
