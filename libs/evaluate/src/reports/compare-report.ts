import { pointChart } from '#report/chart/point-chart.js';
import type { EvaluationReport } from '#report/evaluation-report.js';
import { percent, tickPercent } from '#report/figures.js';
import type { ComparedPoint, PublishedSeries } from '../compare/published-points.js';
import { chartFrame } from './evaluated.js';

export interface CompareResult {
  readonly kind: 'compare';
  /** What the accuracies are of. */
  readonly unit: string;
  /** By GFLOP. */
  readonly models: readonly ComparedPoint[];
  readonly others: readonly PublishedSeries[];
}

export function compareReport(result: CompareResult): EvaluationReport {
  const { models, others, unit } = result;
  const rows = [{ label: '', points: models }, ...others].flatMap(({ label, points }) =>
    points.map(({ name, gigaflops, score }) => [label === '' ? name : `${name} (${label})`, gigaflops, score]),
  );
  const named = (points: readonly ComparedPoint[]) =>
    points.map(({ name, gigaflops, score }) => ({ x: gigaflops, y: score, name }));
  return {
    title: 'Accuracy against compute',
    summary: `${unit}, against the GFLOP of an image's forward pass. ${compareSentences(result).join(' ')}`,
    facts: [],
    remarks: [],
    charts: [
      {
        name: 'compare',
        title: 'Accuracy against GFLOP an image',
        frame: chartFrame,
        draw: (palette) =>
          pointChart(
            {
              title: 'Accuracy against compute',
              unit,
              xTitle: 'GFLOP an image, forward pass',
              xScale: 'log',
              yFrom: 'data',
              format: tickPercent,
              series: [
                { label: 'evaluated here', mark: 'dot', joined: true, points: named(models) },
                ...others.map(
                  ({ label, points }) => ({ label, mark: 'ring', joined: true, points: named(points) }) as const,
                ),
              ],
            },
            chartFrame,
            palette,
          ),
      },
    ],
    tables: [{ name: 'compare', heading: 'Models', columns: ['model', 'GFLOP an image', 'accuracy'], rows }],
    galleries: [],
    found: [],
    licences: [],
  };
}

/** Which model is best, and which is best for its cost. */
export function compareSentences({ models }: CompareResult): string[] {
  const best = models.reduce((one, other) => (other.score > one.score ? other : one));
  const least = models.reduce((one, other) => (other.gigaflops < one.gigaflops ? other : one));
  const first = `${best.name} is best with ${percent(best.score)} at ${best.gigaflops} GFLOP.`;
  if (best === least) return [first];
  const times = (best.gigaflops / least.gigaflops).toFixed(1);
  return [first, `${least.name} gets ${percent(least.score)} with ${times} times less work.`];
}
