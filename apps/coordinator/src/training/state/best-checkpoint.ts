import type { RunConfig } from '#protocol/run/run-config.js';
import type { EvaluationResult } from '#protocol/run/run-status.js';
import { completeCheckpoints } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';

/**
 * The best result of the evaluation that `checkpoint.keepBest` names, of those whose checkpoint is kept and of those at
 * `step`, whose checkpoint can be written now. Undefined if there is none.
 */
export async function bestKept(
  store: Store,
  run: string,
  { checkpoint: { keepBest } }: RunConfig,
  results: readonly EvaluationResult[],
  step?: number,
): Promise<EvaluationResult | undefined> {
  if (keepBest === undefined) return undefined;
  const kept = new Set((await completeCheckpoints(store, runKeys(run).checkpoints)).map((one) => one.step));
  return bestOf(results.filter((one) => one.name === keepBest && (one.step === step || kept.has(one.step))));
}

/** The result with the highest top-1 accuracy; of equal ones the earliest, which took the least training. */
export function bestOf(results: readonly EvaluationResult[]): EvaluationResult | undefined {
  return results.toSorted((left, right) => right.top1 - left.top1 || left.step - right.step)[0];
}
