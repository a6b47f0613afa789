import { pointChart } from '#report/chart/point-chart.js';
import type { EvaluationReport } from '#report/evaluation-report.js';
import { besideChance, exponential, percent, significant, tickPercent, whole } from '#report/figures.js';
import type { Licence } from '#report/report.js';
import { classAccuracies, type Accuracy, type Confusion, type Judged, type Metric } from '../accuracy.js';
import type { TriedLambda } from '../probe/regularisation-sweep.js';
import { chartFrame, dataFact, modelFacts, type EvaluatedData, type EvaluatedModel } from './evaluated.js';
import { confusionFigure, confusionSentences } from './zero-shot-report.js';

export interface LinearProbeResult {
  readonly kind: 'linear-probe';
  readonly model: EvaluatedModel;
  readonly train: EvaluatedData;
  /** Null where a share of the training set was taken. */
  readonly validation: EvaluatedData | null;
  /** Images that λ was chosen by. */
  readonly validationImages: number;
  readonly test: EvaluatedData;
  readonly metric: Metric;
  readonly lambda: number;
  readonly tried: readonly TriedLambda[];
  /** Of the final fit. */
  readonly iterations: number;
  readonly end: string;
  /** Fits of the sweep that reached the limit of iterations. */
  readonly unconverged: number;
  /** On the test set. */
  readonly accuracy: Accuracy;
  readonly worstConfusions: readonly Confusion[];
}

export function linearProbeReport(
  result: LinearProbeResult,
  { judged, licences }: { readonly judged: Judged; readonly licences: readonly Licence[] },
): EvaluationReport {
  const { model, train, validation, test, tried } = result;
  return {
    title: `Linear probe: ${test.name}`,
    summary: linearProbeSummary(result),
    facts: [
      ...modelFacts(model),
      dataFact('training images', train),
      validation
        ? dataFact('λ chosen by', validation)
        : { name: 'λ chosen by', value: `${whole(result.validationImages)} of the training images` },
      dataFact('test images', test),
      { name: 'λ', value: `${significant(result.lambda)}, the best of ${tried.length} tried by ${result.metric}` },
      { name: 'last fit', value: `${result.iterations} iterations, ended by ${result.end}` },
    ],
    remarks: [...convergenceSentence(result), ...confusionSentences(result.worstConfusions)],
    charts: [
      {
        name: 'regularisation',
        title: 'Validation score by λ',
        frame: chartFrame,
        draw: (palette) =>
          pointChart(
            {
              title: 'Regularisation',
              unit: `${result.metric} on the validation images`,
              xTitle: 'λ',
              xScale: 'linear',
              xTicks: [-6, -4, -2, 0, 2, 4, 6].map((value) => ({ value, label: exponential(10 ** value) })),
              yFrom: 'data',
              format: tickPercent,
              series: [
                {
                  label: 'tried',
                  mark: 'dot',
                  joined: true,
                  points: tried.map(({ lambda, score }) => ({ x: Math.log10(lambda), y: score })),
                },
                { label: 'taken', mark: 'star', joined: false, points: [takenPoint(result)] },
              ],
            },
            chartFrame,
            palette,
          ),
      },
      confusionFigure(judged),
    ],
    tables: [
      {
        name: 'regularisation',
        heading: 'λ tried',
        columns: ['lambda', 'validation score'],
        rows: tried.map(({ lambda, score }) => [lambda, score]),
      },
      {
        name: 'classes',
        heading: 'Classes',
        columns: ['class', 'images', 'top-1', 'top-5'],
        rows: classAccuracies(judged).map(({ label, images, top1, top5 }) => [label, images, top1, top5]),
      },
    ],
    galleries: [],
    found: [],
    licences,
  };
}

export function linearProbeSummary({ accuracy: a, model, train, test }: LinearProbeResult): string {
  return (
    `A linear classifier on the features of ${model.name}, fitted to ${whole(train.images)} images of ${train.name}, ` +
    `gets ${percent(a.top1)} of the ${whole(a.images)} images of ${test.name} right among ` +
    `${whole(a.classes)} classes ` +
    `(${besideChance(a.top1, a.chance)}); the mean over the classes is ${percent(a.meanPerClass)}.`
  );
}

export function convergenceSentence({
  unconverged,
  tried,
}: Pick<LinearProbeResult, 'unconverged' | 'tried'>): string[] {
  if (unconverged === 0) return [];
  return [
    `${unconverged} of the ${tried.length} fits that chose λ reached the limit of 1,000 iterations, ` +
      `as the paper's may.`,
  ];
}

function takenPoint({ lambda, tried }: LinearProbeResult): { readonly x: number; readonly y: number } {
  return { x: Math.log10(lambda), y: tried.find((one) => one.lambda === lambda)?.score ?? Number.NaN };
}
