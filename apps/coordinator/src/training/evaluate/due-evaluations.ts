import { evaluationsOf, type Evaluation } from '#protocol/run/evaluation-config.js';
import type { RunConfig } from '#protocol/run/run-config.js';

/** The evaluations that the run document asks for after a step: all of them after the last one. */
export function dueEvaluations(
  step: number,
  { evaluation, steps }: { readonly evaluation: Partial<RunConfig['evaluation']>; readonly steps: number },
): Evaluation[] {
  if (step === 0 && steps > 0) return [];
  return evaluationsOf(evaluation)
    .map((one) => one.evaluation)
    .filter(({ everySteps = evaluation.everySteps }) => {
      return step === steps || (everySteps !== undefined && step % everySteps === 0);
    });
}

/** The data sets whose features are kept: after the last step. */
export function dueFeatures(
  step: number,
  { evaluation, steps }: { readonly evaluation: Partial<RunConfig['evaluation']>; readonly steps: number },
): readonly string[] {
  return step === steps ? (evaluation.features ?? []) : [];
}

/** The data sets whose images an evaluation needs. */
export function dataOf(evaluation: Evaluation): string[] {
  switch (evaluation.kind) {
    case 'zero-shot':
    case 'retrieval':
      return [evaluation.data];
    case 'few-shot':
      return [evaluation.train, evaluation.test];
    case 'linear-probe':
      return [
        evaluation.train,
        evaluation.test,
        ...(evaluation.validation === undefined ? [] : [evaluation.validation]),
      ];
  }
}
