import { isZeroShot, type EvaluationResult } from '#protocol/run/evaluation-result.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { percent } from './figures.js';

/** What is known of a training that goes on. */
export interface Course {
  /** Of the committed steps, in order. */
  readonly metrics: readonly StepMetrics[];
  readonly evaluations: readonly EvaluationResult[];
  /** Pairs of a batch. */
  readonly batch: number;
  readonly loss: 'softmax' | 'sigmoid';
  readonly warmupSteps: number;
}

/** Steps after the warm-up before a loss that has not moved says anything. */
const patienceSteps = 60;
/** Steps whose mean stands for a loss at one time. */
const windowSteps = 20;
/** A gradient this short moves nothing that float32 could tell. */
const tinyNorm = 1e-4;

/**
 * Says that a training learns nothing, with likely reasons: its loss is that of guessing, ln of the batch for softmax,
 * and has not fallen since it began. Undefined for one that learns, or is too young to tell.
 */
export function learnsNothing({ metrics, batch, loss, warmupSteps }: Course): string | undefined {
  if (metrics.length < warmupSteps + patienceSteps) return undefined;
  const first = mean(metrics.slice(0, windowSteps).map((one) => one.loss));
  const now = mean(metrics.slice(-windowSteps).map((one) => one.loss));
  const guessing = Math.log(batch);
  if (now < 0.98 * first || (loss === 'softmax' && now < 0.98 * guessing)) return undefined;
  const last = metrics.at(-1)!;
  const norm = mean(metrics.slice(-windowSteps).map((one) => one.gradientNorm));
  const rate = Math.max(...metrics.map((one) => one.learningRate));
  const reasons: string[] = [];
  if (norm < tinyNorm)
    reasons.push(
      `the gradient is all but zero (norm ${norm.toPrecision(2)}): all images or all captions give one embedding, ` +
        'because they are alike or the initial weights are damaged',
    );
  else reasons.push('images and captions do not belong together (look at a few pairs of the data set)');
  if (rate < 1e-5) reasons.push(`the learning rate is very low (${rate.toPrecision(2)})`);
  if (rate > 2e-3 || norm > 100)
    reasons.push(`the learning rate is too high (${rate.toPrecision(2)}): try a tenth, and a longer warm-up`);
  reasons.push('too much is frozen (`train`)');
  const level = loss === 'softmax' ? `, and guessing gives ln ${batch} = ${guessing.toFixed(2)}` : '';
  return (
    `It learns nothing: after ${last.step} steps the loss is ${now.toFixed(2)}${level}. Likely reasons: ` +
    `${reasons.join('; ')}.`
  );
}

/**
 * Says that an evaluation has become worse while the training loss fell on: the model learns its pairs by heart. By
 * more than twice the standard error of a share of so many images, of the evaluation's newest result.
 */
export function partsWays({ metrics, evaluations }: Course): string | undefined {
  const classified = evaluations.filter(isZeroShot);
  const last = classified.at(-1);
  if (!last) return undefined;
  const best = classified
    .filter(({ name }) => name === last.name)
    .reduce((one, other) => (other.top1 > one.top1 ? other : one));
  const error = Math.sqrt((best.top1 * (1 - best.top1)) / best.images);
  if (best.step >= last.step || best.top1 - last.top1 <= 2 * error) return undefined;
  const [then, now] = [lossAt(metrics, best.step), lossAt(metrics, last.step)];
  if (then === undefined || now === undefined || now >= then) return undefined;
  return (
    `${last.name} was best after step ${best.step}, top-1 ${percent(best.top1)}, and is at ${percent(last.top1)} ` +
    `after step ${last.step}, while the training loss fell from ${then.toFixed(2)} to ${now.toFixed(2)}: ` +
    'a sign that the model learns its pairs by heart. More pairs, more augmentation or fewer steps help; ' +
    `checkpoint.keepBest: ${last.name} keeps the best.`
  );
}

/** Mean loss of the steps up to one. */
function lossAt(metrics: readonly StepMetrics[], step: number): number | undefined {
  const window = metrics.filter((one) => one.step <= step && one.step > step - windowSteps);
  return window.length === 0 ? undefined : mean(window.map(({ loss }) => loss));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
