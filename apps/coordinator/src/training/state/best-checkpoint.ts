import type { RunConfig } from '#protocol/run/run-config.js';
import { scoreOfResult, type EvaluationResult } from '#protocol/run/evaluation-result.js';
import { completeCheckpoints } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';

/** A result, and the folder of the checkpoint that it is of; none yet for one at the step that was just taken. */
export interface KeptResult {
  readonly result: EvaluationResult;
  readonly folder: string | undefined;
}

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
): Promise<KeptResult | undefined> {
  if (keepBest === undefined) return undefined;
  const checkpoints = await completeCheckpoints(store, runKeys(run).checkpoints);
  const folders = new Map(checkpoints.map((one) => [one.step, one.folder]));
  const result = bestOf(results.filter((one) => one.name === keepBest && (one.step === step || folders.has(one.step))));
  return result && { result, folder: folders.get(result.step) };
}

/** The result with the highest score; of equal ones the earliest, which took the least training. */
function bestOf(results: readonly EvaluationResult[]): EvaluationResult | undefined {
  const scoreOf = (result: EvaluationResult): number => scoreOfResult(result).value;
  return results.toSorted((left, right) => scoreOf(right) - scoreOf(left) || left.step - right.step)[0];
}
