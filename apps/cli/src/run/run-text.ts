import { scoreOfResult, type EvaluationResult, type ZeroShotResult } from '#protocol/run/evaluation-result.js';
import type { DerivedNumbers, RunState, RunStatus, RunSummary } from '#protocol/run/run-status.js';
import { bytes, exponential, percent, whole } from '#report/figures.js';
import { scoresOf } from '#report/report.js';
import { table } from '../terminal/table.js';
import { clockTime } from '../terminal/words.js';
import { plainLine } from './progress.js';

/** Runs as a table, newest first. */
export function runTable(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return 'No runs yet; `tandem submit FILE` starts one.';
  const rows = runs.map(({ id, state, step, steps, last, etaSeconds }) => [
    id,
    state,
    `${step}/${steps}`,
    last ? last.loss.toFixed(3) : '-',
    etaSeconds === null ? '-' : clockTime(etaSeconds),
    possible(state).join(', '),
  ]);
  return table([['RUN', 'STATE', 'STEP', 'LOSS', 'LEFT', 'CAN BE'], ...rows]);
}

/** What `tandem runs` can do with a run. A run that has completed is resumed with more steps or evaluations. */
function possible(state: RunState): string[] {
  switch (state) {
    case 'completed':
    case 'cancelled':
    case 'failed':
    case 'paused':
      return [state === 'failed' ? 'retried' : 'resumed', 'removed'];
    case 'queued':
    case 'preparing':
    case 'training':
    case 'evaluating':
    case 'downloading':
    case 'counting':
      return ['paused', 'cancelled'];
  }
}

/** Everything a user may want to know about one run. */
export function runText(run: RunStatus): string {
  const { last, derived, error } = run;
  return [
    `${run.id}  ${run.state}: ${run.reason}`,
    ...(last ? [plainLine(last, run.steps, run.etaSeconds)] : []),
    ...(derived ? derivedText(derived) : []),
    ...(run.skippedSamples > 0 ? [`${run.skippedSamples} unreadable samples replaced`] : []),
    ...(run.longCaptions ? [`${whole(run.longCaptions)} captions too long, replaced as data.captionTooLong says`] : []),
    ...run.evaluations.map(evaluationText),
    ...(run.checkpoint ? [`checkpoint ${run.checkpoint}`] : []),
    ...(run.best ? [bestText(run.best)] : []),
    ...(error ? [`${error.code} ${error.message}`, ...(error.help ? [error.help] : [])] : []),
  ].join('\n  ');
}

/** The numbers that follow from a run's document and its data, on two lines. */
export function derivedText(derived: DerivedNumbers): string[] {
  const {
    parameters,
    trainPairs,
    shards,
    shardSizes,
    microBatch,
    stepsPerEpoch,
    epochs,
    embeddingBytesPerStep,
    gradientBytesPerShard,
  } = derived;
  const [largest, smallest] = [Math.max(...shardSizes), Math.min(...shardSizes)];
  const sizes = largest === smallest ? `${largest}` : `${smallest} to ${largest}`;
  return [
    `${whole(parameters)} parameters; ${whole(trainPairs)} pairs, ` +
      `${stepsPerEpoch.toFixed(1)} steps per epoch, ${epochs.toFixed(1)} epochs`,
    `a step: ${shards} shards of ${sizes} pairs, ${microBatch} at once; ` +
      `${bytes(embeddingBytesPerStep)} of embeddings, ` +
      `${bytes(gradientBytesPerShard)} of gradients from each worker`,
    ...(derived.advice ?? []).map((sentence) => `warning: ${sentence}`),
  ];
}

function bestText({ result, checkpoint }: NonNullable<RunStatus['best']>): string {
  const { name, value } = scoreOfResult(result);
  return `best       ${checkpoint}  (${result.name} ${name} ${percent(value)} after step ${result.step})`;
}

/** One result of an evaluation, as a line. */
export function evaluationText(result: EvaluationResult): string {
  switch (result.kind) {
    case 'zero-shot':
      return accuracyText(result);
    case 'linear-probe':
      return `${accuracyText(result)}  λ ${exponential(result.lambda)}`;
    case 'few-shot': {
      const points = result.points.map(({ shots, mean, deviation }) => {
        return `${shots}: ${percent(mean)} ± ${(100 * deviation).toFixed(1)}`;
      });
      const chance = `chance ${percent(result.chance)}, ${result.classes} classes, step ${result.step}`;
      return `${result.name}  by images of each class ${points.join('  ')}  (${chance})`;
    }
    case 'retrieval': {
      const recalls = (
        [
          ['text of an image', result.textOfImage],
          ['image of a text', result.imageOfText],
        ] as const
      ).map(([what, { r1, r5, r10 }]) => `${what} R@1 ${percent(r1)} R@5 ${percent(r5)} R@10 ${percent(r10)}`);
      return `${result.name}  ${recalls.join('  ')}  (${whole(result.images)} images, step ${result.step})`;
    }
  }
}

/** `openmoji  top-1 5.2 %  top-5 14.9 %  (chance 0.05 % and 0.26 %, 1911 classes, step 400)`. */
function accuracyText(result: Omit<ZeroShotResult, 'kind'>): string {
  const scores = scoresOf(result);
  const shares = scores.map(({ name, share }) => `${name} ${percent(share)}`);
  const chances = scores.map(({ chance }) => percent(chance));
  return (
    `${result.name}  ${shares.join('  ')}  ` +
    `(chance ${chances.join(' and ')}, ${result.classes} classes, step ${result.step})`
  );
}
