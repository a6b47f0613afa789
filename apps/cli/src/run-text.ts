import type { EvaluationResult, RunStatus } from '#protocol/run-status.js';
import { clockTime, percent, plainLine } from './progress.js';

/** Runs as a table, newest first. */
export function runTable(runs: readonly RunStatus[]): string {
  if (runs.length === 0) return 'No runs yet; `tandem submit FILE` starts one.';
  const rows = runs.map(({ id, state, step, steps, last, etaSeconds }) => [
    id, state, `${step}/${steps}`, last ? last.loss.toFixed(3) : '-', etaSeconds === null ? '-' : clockTime(etaSeconds),
  ]);
  return table([['RUN', 'STATE', 'STEP', 'LOSS', 'LEFT'], ...rows]);
}

/** All there is to say about one run. */
export function runText(run: RunStatus): string {
  const { last, derived, error } = run;
  return [
    `${run.id}  ${run.state}: ${run.reason}`,
    ...(last ? [plainLine(last, run.steps, run.etaSeconds)] : []),
    ...(derived ? [`${derived.parameters.toLocaleString('en')} parameters, ${derived.trainPairs.toLocaleString('en')} pairs, ${derived.shards} shards, ${derived.epochs.toFixed(1)} epochs`] : []),
    ...(run.skippedSamples > 0 ? [`${run.skippedSamples} unreadable samples replaced`] : []),
    ...run.evaluations.map(evaluationText),
    ...(run.checkpoint ? [`checkpoint ${run.checkpoint}`] : []),
    ...(error ? [`${error.code} ${error.message}`, ...(error.help ? [error.help] : [])] : []),
  ].join('\n  ');
}

/** `openmoji  top-1 5.2 %  top-5 14.9 %  (chance 0.05 % and 0.26 %, 1911 classes, step 400)` */
export function evaluationText({ name, top1, top5, chance, classes, step }: EvaluationResult): string {
  return `${name}  top-1 ${percent(top1)}  top-5 ${percent(top5)}  (chance ${percent(chance)} and ${percent(Math.min(1, 5 / classes))}, ${classes} classes, step ${step})`;
}

/** Columns as wide as their widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}
