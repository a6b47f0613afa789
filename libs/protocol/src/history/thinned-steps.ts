import type { StepMetrics } from '../run/run-status.js';

/**
 * At most `points` of the steps, in their order: the first, the last, and of equal parts of the rest the steps of the
 * lowest and of the highest loss, so that no spike is lost. Each is as it was; nothing is averaged. All of them if they
 * are no more than `points`, which is 4 or more.
 */
export function thinnedSteps(steps: readonly StepMetrics[], points: number): readonly StepMetrics[] {
  if (steps.length <= points) return steps;
  const parts = Math.floor((points - 2) / 2);
  const inner = steps.length - 2;
  const kept: StepMetrics[] = [steps[0]!];
  for (let part = 0; part < parts; part += 1) {
    const [from, to] = [1 + Math.floor((part * inner) / parts), 1 + Math.floor(((part + 1) * inner) / parts)];
    let [lowest, highest] = [from, from];
    for (let at = from; at < to; at += 1) {
      if (steps[at]!.loss < steps[lowest]!.loss) lowest = at;
      if (steps[at]!.loss > steps[highest]!.loss) highest = at;
    }
    const [earlier, later] = [Math.min(lowest, highest), Math.max(lowest, highest)];
    kept.push(steps[earlier]!);
    if (later > earlier) kept.push(steps[later]!);
  }
  kept.push(steps.at(-1)!);
  return kept;
}
