import { confusionFigureOf } from '#evaluate/reports/zero-shot-report.js';
import { fewShotFigure } from '#evaluate/reports/few-shot-report.js';
import { readConfusion } from '#evaluate/stored-confusion.js';
import { placeTitle } from '#protocol/history/place-title.js';
import { evaluationsOf } from '#protocol/run/evaluation-config.js';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { EvaluationChart } from '#report/evaluation-report.js';
import { chartSvg } from '#report/picture/chart-picture.js';
import type { Palette } from '#report/palette.js';
import type { Store } from '#store/store.js';

type FewShotResult = Extract<EvaluationResult, { readonly kind: 'few-shot' }>;

/** Which evaluation is asked for. */
export interface AskedEvaluation {
  readonly name: string;
  readonly step: number;
}

/**
 * The picture that a report would have of an evaluation, as an SVG: the confusion matrix of a zero-shot classification
 * or a linear probe, or a few-shot curve. Throws NOT_FOUND if there is no such evaluation, or no picture of it.
 */
export async function evaluationPicture(
  run: RunStatus,
  store: Store,
  { name, step }: AskedEvaluation,
  palette: Palette,
): Promise<string> {
  const result = run.evaluations.find((one) => one.name === name && one.step === step);
  if (!result) throw noEvaluation(run.id, name, step);
  const { frame, draw } = await figureOf(run, store, result);
  return chartSvg(await draw(palette), frame.width, frame.height, palette);
}

async function figureOf(run: RunStatus, store: Store, result: EvaluationResult): Promise<EvaluationChart> {
  if (result.kind === 'few-shot') return curveOf(run, result);
  const { name, step } = result;
  const found = result.kind === 'retrieval' ? undefined : await readConfusion(store, { run: run.id, step, name });
  if (!found) throw noPicture(run.id, result);
  return confusionFigureOf(found.labels, found.counts);
}

function curveOf({ name: model, config }: RunStatus, { name, points }: FewShotResult): EvaluationChart {
  const evaluations = evaluationsOf((config as Partial<RunConfig>).evaluation ?? {});
  const asked = evaluations.map(({ evaluation }) => evaluation).find((one) => one.name === name);
  // A change of the document may have left it out.
  if (asked?.kind !== 'few-shot') return fewShotFigure({ points, metric: 'top1', seeds: 1, model, data: name });
  const { metric, seeds, test } = asked;
  return fewShotFigure({ points, metric, seeds, model, data: placeTitle(test) });
}

function noEvaluation(run: string, name: string, step: number): TandemError {
  return new TandemError({
    code: ErrorCode.NotFound,
    message: `Run ${run}: expected an evaluation and its step, got "${name.slice(0, 100)}" after step ${step}`,
    help: `GET /v1/runs/${run} lists the evaluations that are done.`,
    context: { run },
  });
}

function noPicture(run: string, { kind, name, step }: EvaluationResult): TandemError {
  return new TandemError({
    code: ErrorCode.NotFound,
    message: `Run ${run}: expected an evaluation that has a picture, got ${name} (${kind}) after step ${step}`,
    help:
      kind === 'retrieval'
        ? 'A retrieval has figures alone.'
        : 'Earlier versions kept no confusion matrix, and none is kept of more than 100,000 pairs of classes.',
    context: { run },
  });
}
