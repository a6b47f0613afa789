import type { DerivedNumbers, EvaluationResult, RunStatus } from '#protocol/run/run-status.js';
import { clockTime, percent, plainLine } from './progress.js';

/** Runs as a table, newest first. */
export function runTable(runs: readonly RunStatus[]): string {
  if (runs.length === 0) return 'No runs yet; `tandem submit FILE` starts one.';
  const rows = runs.map(({ id, state, step, steps, last, etaSeconds }) => [
    id,
    state,
    `${step}/${steps}`,
    last ? last.loss.toFixed(3) : '-',
    etaSeconds === null ? '-' : clockTime(etaSeconds),
  ]);
  return table([['RUN', 'STATE', 'STEP', 'LOSS', 'LEFT'], ...rows]);
}

/** All there is to say about one run. */
export function runText(run: RunStatus): string {
  const { last, derived, error } = run;
  return [
    `${run.id}  ${run.state}: ${run.reason}`,
    ...(last ? [plainLine(last, run.steps, run.etaSeconds)] : []),
    ...(derived ? derivedText(derived) : []),
    ...(run.skippedSamples > 0 ? [`${run.skippedSamples} unreadable samples replaced`] : []),
    ...run.evaluations.map(evaluationText),
    ...(run.checkpoint ? [`checkpoint ${run.checkpoint}`] : []),
    ...(error ? [`${error.code} ${error.message}`, ...(error.help ? [error.help] : [])] : []),
  ].join('\n  ');
}

/** What follows from a run's document and its data, on two lines. */
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
    `${parameters.toLocaleString('en')} parameters; ${trainPairs.toLocaleString('en')} pairs, ` +
      `${stepsPerEpoch.toFixed(1)} steps an epoch, ${epochs.toFixed(1)} epochs`,
    `a step: ${shards} shards of ${sizes} pairs, ${microBatch} at once; ` +
      `${megabytes(embeddingBytesPerStep)} of embeddings, ` +
      `${megabytes(shards * gradientBytesPerShard)} of gradients`,
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** `openmoji  top-1 5.2 %  top-5 14.9 %  (chance 0.05 % and 0.26 %, 1911 classes, step 400)` */
export function evaluationText({ name, top1, top5, chance, classes, step }: EvaluationResult): string {
  return (
    `${name}  top-1 ${percent(top1)}  top-5 ${percent(top5)}  (chance ${percent(chance)} and ` +
    `${percent(Math.min(1, 5 / classes))}, ${classes} classes, step ${step})`
  );
}

/** Columns as wide as their widest cell, two spaces apart; those named of `numbers` end together. */
export function table(rows: readonly (readonly string[])[], numbers: readonly number[] = []): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const padded = (cell: string, column: number): string =>
    numbers.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row) => row.map(padded).join('  ').trimEnd()).join('\n');
}
