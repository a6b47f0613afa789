import { isZeroShot, type ZeroShotResult } from '#protocol/run/evaluation-result.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { trainingTime } from '#report/run-facts.js';
import type { EndedRun } from '../run/follow-run.js';

/** demo/result.json. Accuracies are between 0 and 1; `chance` is the top-1 accuracy of guessing. */
export interface DemoResult {
  readonly classes: number;
  readonly heldOut: { readonly top1: number; readonly top5: number };
  readonly seen: { readonly top1: number; readonly top5: number };
  readonly chance: number;
  readonly steps: number;
  readonly batch: number;
  readonly shards: number;
  readonly workers: number;
  readonly pairsPerSecond: number;
  readonly trainSeconds: number;
  readonly totalSeconds: number;
}

export interface DemoFacts {
  readonly run: EndedRun;
  readonly batch: number;
  readonly shards: number;
  readonly workers: number;
  readonly totalSeconds: number;
}

export function demoResult({ run, batch, shards, workers, totalSeconds }: DemoFacts): DemoResult {
  const { seconds, pairsPerSecond } = trainingTime({ run: run.status, metrics: run.metrics });
  const heldOut = lastEvaluation(run, 'held-out');
  const seen = lastEvaluation(run, 'seen');
  return {
    classes: heldOut.classes,
    heldOut: { top1: heldOut.top1, top5: heldOut.top5 },
    seen: { top1: seen.top1, top5: seen.top5 },
    chance: heldOut.chance,
    steps: run.status.step,
    batch,
    shards,
    workers,
    pairsPerSecond: rounded(pairsPerSecond),
    trainSeconds: rounded(seconds),
    totalSeconds: rounded(totalSeconds),
  };
}

/** The newest result of the evaluation of that name in the recipe. Throws CONFIG_INVALID where there is none. */
export function lastEvaluation({ status }: EndedRun, name: string): ZeroShotResult {
  const result = status.evaluations.filter(isZeroShot).findLast((evaluation) => evaluation.name === name);
  if (result) return result;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `demo/run.yaml: expected an evaluation named "${name}", got ` +
      `${status.evaluations.map((one) => one.name).join(', ') || 'none'}`,
    help: 'The demo needs the evaluations "held-out" and "seen".',
  });
}

/** To one digit after the point. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
