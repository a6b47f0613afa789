import { confusionChart } from '#report/chart/confusion-chart.js';
import type { EvaluationChart, EvaluationReport } from '#report/evaluation-report.js';
import { besideChance, percent, whole } from '#report/figures.js';
import type { Gallery, Licence } from '#report/report.js';
import type { Templates } from '#inference/zero-shot-classifier.js';
import type { ImagePrediction } from '#inference/zero-shot-evaluation.js';
import {
  classAccuracies,
  confusionCounts,
  worstConfusions,
  type Accuracy,
  type Confusion,
  type Confusions,
  type Judged,
} from '../accuracy.js';
import { chartFrame, dataFact, modelFacts, type EvaluatedData, type EvaluatedModel } from './evaluated.js';

export interface ZeroShotResult {
  readonly kind: 'zero-shot';
  readonly model: EvaluatedModel;
  readonly data: EvaluatedData;
  readonly accuracy: Accuracy;
  readonly templates: Templates;
  readonly worstConfusions: readonly Confusion[];
}

export interface ZeroShotReportParts {
  readonly judged: Judged;
  readonly predictions: readonly ImagePrediction[];
  readonly galleries: readonly Gallery[];
  readonly licences: readonly Licence[];
}

export function zeroShotReport(result: ZeroShotResult, parts: ZeroShotReportParts): EvaluationReport {
  const { accuracy, model, data } = result;
  const { judged, predictions, galleries, licences } = parts;
  return {
    title: `Zero-shot: ${data.name}`,
    summary: zeroShotSummary(result),
    facts: [
      ...modelFacts(model),
      dataFact('images', data),
      { name: 'classes', value: whole(accuracy.classes) },
      { name: 'templates', value: templatesText(result.templates) },
    ],
    remarks: confusionSentences(result.worstConfusions),
    charts: [confusionFigure(judged)],
    tables: [
      {
        name: 'classes',
        heading: 'Classes',
        columns: ['class', 'images', 'top-1', 'top-5'],
        rows: classAccuracies(judged).map(({ label, images, top1, top5 }) => [label, images, top1, top5]),
      },
      {
        name: 'predictions',
        heading: 'Images',
        note: 'The rank is that of the true class among all classes.',
        columns: ['image', 'true class', 'rank', 'taken for', 'probability'],
        rows: predictions.map(({ key, truth, rank, best }) => [
          key,
          truth,
          rank,
          best[0]?.label ?? '',
          best[0]?.probability ?? 0,
        ]),
      },
    ],
    galleries,
    found: [],
    licences,
  };
}

export function zeroShotSummary({ accuracy: a, data, model }: ZeroShotResult): string {
  return (
    `${model.name} names ${percent(a.top1)} of the ${whole(a.images)} images of ${data.name} right among ` +
    `${whole(a.classes)} classes (${besideChance(a.top1, a.chance)}), ${percent(a.top5)} within ` +
    `five guesses; the mean ` +
    `over the classes is ${percent(a.meanPerClass)}.`
  );
}

/** The confusion matrix as a chart. */
export function confusionFigure(judged: Judged): EvaluationChart {
  return confusionFigureOf(judged.labels, confusionCounts(judged));
}

/** The same of images that were counted before. */
export function confusionFigureOf(labels: readonly string[], counts: Confusions): EvaluationChart {
  const frame = { ...chartFrame, height: 640 };
  const chart = { title: 'Confusion', labels, counts };
  return {
    name: 'confusion',
    title: 'Confusion of the classes',
    frame,
    draw: (palette) => confusionChart(chart, frame, palette),
  };
}

/** The pairs of classes that are confused most often. */
export function worstOf(judged: Judged): Confusion[] {
  return worstConfusions(judged.labels, confusionCounts(judged), 10);
}

export function confusionSentences(confusions: readonly Confusion[]): string[] {
  return confusions.map(
    ({ truth, given, images, of }) =>
      `“${truth}” is taken for “${given}”: ${whole(images)} of ${whole(of)} images (${percent(images / of)}).`,
  );
}

export function templatesText(templates: Templates): string {
  if (typeof templates[0] === 'string') return (templates as readonly string[]).map((one) => `“${one}”`).join(', ');
  return `${templates.length} classes with templates of their own`;
}
