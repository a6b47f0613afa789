import { pointChart } from '#report/chart/point-chart.js';
import type { EvaluationReport } from '#report/evaluation-report.js';
import { percent, tickPercent, whole } from '#report/figures.js';
import type { Licence } from '#report/report.js';
import { chartFrame } from './evaluated.js';

/** What a run document gives with shares of its data. */
export interface ScalingResult {
  readonly kind: 'scaling';
  /** Name of the run document. */
  readonly name: string;
  readonly model: string;
  readonly parameters: number;
  /** The training data set. */
  readonly data: { readonly name: string; readonly url: string };
  /** The evaluation of the document that is drawn, and what of it, such as `top-1`. */
  readonly evaluation: string;
  readonly unit: string;
  /** What is the same for every share: the number of steps, or how often each pair is seen. */
  readonly same: 'steps' | 'epochs';
  readonly batch: number;
  /** By share. */
  readonly points: readonly ScalingPoint[];
}

export interface ScalingPoint {
  readonly share: number;
  readonly pairs: number;
  readonly steps: number;
  /** How often each pair was seen. */
  readonly epochs: number;
  readonly score: number;
  readonly run: string;
  readonly checkpoint: string | null;
}

export function scalingReport(result: ScalingResult, licences: readonly Licence[]): EvaluationReport {
  const { name, points, evaluation, unit, data } = result;
  return {
    title: `Scaling: ${name}`,
    summary: scalingSentences(result).join(' '),
    facts: [
      { name: 'model', value: `${result.model}, ${whole(result.parameters)} parameters` },
      { name: 'training data', value: `${data.name} (${data.url})` },
      { name: 'pairs of a step', value: whole(result.batch) },
      { name: 'evaluation', value: `${evaluation}, ${unit}` },
    ],
    remarks: [`${sameSentence[result.same]} The data of a smaller share are part of those of a larger one.`],
    charts: [
      {
        name: 'scaling',
        title: 'Accuracy against data',
        frame: chartFrame,
        draw: (palette) =>
          pointChart(
            {
              title: 'Accuracy against data',
              unit: `${unit} of ${evaluation}`,
              xTitle: 'training pairs, on a logarithmic axis',
              xScale: 'linear',
              xTicks: points.map(({ pairs }) => ({ value: Math.log2(pairs), label: whole(pairs) })),
              yFrom: 'zero',
              format: tickPercent,
              series: [
                {
                  ...{ label: `${name}, the same number of ${result.same}`, mark: 'dot', joined: true },
                  points: points.map(({ pairs, score }) => ({ x: Math.log2(pairs), y: score })),
                },
              ],
            },
            chartFrame,
            palette,
          ),
      },
    ],
    tables: [
      {
        name: 'scaling',
        heading: 'Runs',
        columns: ['share', 'pairs', 'steps', 'epochs', unit, 'run'],
        rows: points.map(({ share, pairs, steps, epochs, score, run }) => [share, pairs, steps, epochs, score, run]),
      },
    ],
    galleries: [],
    found: [],
    licences,
  };
}

const sameSentence: Readonly<Record<ScalingResult['same'], string>> = {
  steps: 'Every run takes the same number of steps, so those on less data see each pair more often.',
  epochs: 'Every run sees each of its pairs as often, so those on less data take fewer steps.',
};

/** What more data bring. */
export function scalingSentences({ points, evaluation, unit }: ScalingResult): string[] {
  const all = points.map(({ pairs, score }) => `${percent(score)} with ${whole(pairs)}`).join(', ');
  const first = `${evaluation} by the number of training pairs, ${unit}: ${all}.`;
  const [last, before] = [points.at(-1), points.at(-2)];
  if (!last || !before) return [first];
  const change = last.score - before.score;
  const verb = change >= 0 ? 'brought' : 'cost';
  return [
    first,
    `The last ${(last.pairs / before.pairs).toFixed(1)} times more data ${verb} ` +
      `${Math.abs(100 * change).toFixed(1)} percentage points.`,
  ];
}
