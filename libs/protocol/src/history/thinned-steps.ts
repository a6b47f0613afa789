import type { StepMetrics } from '../run/run-status.js';

/**
 * At most `points` of the steps, in their order: the first, the last, and of equal parts of the rest the steps of the
 * lowest and of the highest loss, so that no spike is lost. Each is as it was; nothing is averaged. All of them if they
 * are no more than `points`, which is 4 or more.
 */
export function thinnedSteps(steps: readonly StepMetrics[], points: number): readonly StepMetrics[] {
  if (steps.length <= points) return steps;
  const losses = Float64Array.from(steps, ({ loss }) => loss);
  return thinnedPlaces(losses, points).map((at) => steps[at]!);
}

/** The places of these steps, by the losses of all. */
export function thinnedPlaces(losses: Float64Array, points: number): number[] {
  if (losses.length <= points) return Array.from(losses, (_, at) => at);
  const parts = Math.floor((points - 2) / 2);
  const inner = losses.length - 2;
  const kept = [0];
  for (let part = 0; part < parts; part += 1) {
    const [from, to] = [1 + Math.floor((part * inner) / parts), 1 + Math.floor(((part + 1) * inner) / parts)];
    let [lowest, highest] = [from, from];
    for (let at = from; at < to; at += 1) {
      if (losses[at]! < losses[lowest]!) lowest = at;
      if (losses[at]! > losses[highest]!) highest = at;
    }
    kept.push(Math.min(lowest, highest));
    if (highest !== lowest) kept.push(Math.max(lowest, highest));
  }
  kept.push(losses.length - 1);
  return kept;
}
