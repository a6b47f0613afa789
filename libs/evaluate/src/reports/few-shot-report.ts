import { pointChart, type PointChart } from '#report/chart/point-chart.js';
import type { EvaluationChart, EvaluationReport } from '#report/evaluation-report.js';
import { percent, significant, tickPercent, whole } from '#report/figures.js';
import type { Licence } from '#report/report.js';
import type { Metric } from '../accuracy.js';
import type { Equivalent, FewShot } from '../probe/few-shot.js';
import {
  chartFrame,
  dataFact,
  modelFacts,
  withDeviation,
  type EvaluatedData,
  type EvaluatedModel,
} from './evaluated.js';

export interface FewShotResult extends FewShot {
  readonly kind: 'few-shot';
  readonly model: EvaluatedModel;
  readonly train: EvaluatedData;
  readonly test: EvaluatedData;
  readonly classes: number;
  readonly metric: Metric;
  readonly seeds: readonly number[];
  /** Null for a model without a text tower. */
  readonly zeroShot: { readonly score: number; readonly equals: Equivalent } | null;
}

export function fewShotReport(result: FewShotResult, licences: readonly Licence[]): EvaluationReport {
  const { model, train, test, points, zeroShot, seeds, metric } = result;
  return {
    title: `Few-shot: ${test.name}`,
    summary: fewShotSentences(result).join(' '),
    facts: [
      ...modelFacts(model),
      dataFact('training images', train),
      dataFact('test images', test),
      { name: 'classes', value: whole(result.classes) },
      { name: 'seeds', value: seeds.join(', ') },
    ],
    remarks: [],
    charts: [
      fewShotFigure({
        ...{ points, metric, model: model.name, data: test.name, seeds: seeds.length },
        zeroShot: zeroShot?.score,
      }),
    ],
    tables: [
      {
        name: 'few-shot',
        heading: 'Means',
        columns: ['images of each class', 'mean', 'standard deviation', 'seeds'],
        rows: [
          ...(zeroShot ? [[0, zeroShot.score, 0, 1]] : []),
          ...points.map(({ shots, mean, deviation }) => [shots, mean, deviation, seeds.length]),
        ],
      },
      {
        name: 'probes',
        heading: 'Probes',
        columns: ['images of each class', 'seed', 'lambda', 'score'],
        rows: result.probes.map(({ shots, seed, lambda, score }) => [shots, seed, lambda, score]),
      },
    ],
    galleries: [],
    found: [],
    licences,
  };
}

/** What a few-shot curve shows. */
export interface FewShotCurve extends Pick<FewShot, 'points'> {
  readonly model: string;
  readonly data: string;
  readonly metric: Metric;
  /** How many. */
  readonly seeds: number;
  readonly zeroShot?: number | undefined;
}

export function fewShotFigure({ points, model, data, metric, seeds, zeroShot }: FewShotCurve): EvaluationChart {
  const chart: PointChart = {
    title: zeroShot === undefined ? 'Few-shot linear probe' : 'Few-shot linear probe and zero-shot',
    unit: `${metric} on ${data}; bars: ± a standard deviation over ${seeds} seeds`,
    xTitle: 'labelled training images of each class',
    xScale: 'linear',
    xTicks: [...(zeroShot === undefined ? [] : [0]), ...points.map(({ shots }) => shots)].map((shots) => ({
      value: placeOf(shots),
      label: String(shots),
    })),
    yFrom: 'zero',
    format: tickPercent,
    series: [
      {
        label: `linear probe of ${model}`,
        mark: 'dot',
        joined: true,
        points: points.map(({ shots, mean, deviation }) => ({ x: placeOf(shots), y: mean, deviation })),
      },
      ...(zeroShot === undefined
        ? []
        : [{ label: 'zero-shot', mark: 'star', joined: false, points: [{ x: 0, y: zeroShot }] } as const]),
    ],
  };
  return {
    name: 'few-shot',
    title: 'Accuracy by labelled images of each class',
    frame: chartFrame,
    draw: (palette) => pointChart(chart, chartFrame, palette),
  };
}

/** What the curve says. */
export function fewShotSentences({ model, points, zeroShot, classes }: FewShotResult): string[] {
  const all = points.map(({ shots, mean, deviation }) => `${shots}: ${withDeviation(mean, deviation)}`).join(', ');
  const curve = `Linear probes of ${model.name} by labelled images of each of ${whole(classes)} classes: ${all}.`;
  return zeroShot ? [curve, `Zero-shot gets ${percent(zeroShot.score)}, ${equalsText(zeroShot.equals)}.`] : [curve];
}

function equalsText(equals: Equivalent): string {
  switch (equals.kind) {
    case 'shots':
      return `as much as a probe with ${significant(equals.shots)} labelled images of each class`;
    case 'fewer':
      return `less than a probe with ${equals.shots} labelled image${equals.shots === 1 ? '' : 's'} of each class`;
    case 'more':
      return `more than a probe with ${equals.shots} labelled images of each class`;
  }
}

/** 0 stands a step before 1; from there on each doubling is a step. */
function placeOf(shots: number): number {
  return shots === 0 ? 0 : 1 + Math.log2(shots);
}
