import type { LossKind } from '#protocol/run/loss-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { exponential, significant, tickPercent } from '../figures.js';
import type { LineChart, Series } from './line-chart.js';
import { finalResult, type Report } from '../report.js';

/** Mean loss of each step beside that of a model that cannot tell the pairs apart. */
export function lossChart(report: Report): LineChart {
  const batch = batchOf(report);
  return {
    title: 'Loss',
    unit: 'nats, mean over the batch',
    series: [seriesOf(report.metrics, 'loss', ({ loss }) => loss)],
    format: significant,
    ...(batch === undefined ? {} : { reference: guessing(batch, lossKindOf(report)) }),
  };
}

/**
 * The loss of one who gives each of N texts the same chance, 1/N: ln N; where each is a yes or no of its own, the N − 1
 * others cost too.
 */
function guessing(batch: number, kind: LossKind): NonNullable<LineChart['reference']> {
  const [value, formula] =
    kind === 'softmax'
      ? [Math.log(batch), `ln ${batch}`]
      : [
          Math.log(batch) + (batch - 1) * Math.log(batch / (batch - 1)),
          `ln ${batch} + ${batch - 1}·ln(${batch}/${batch - 1})`,
        ];
  return { value, label: `guessing: ${formula} = ${value.toFixed(2)}` };
}

function lossKindOf({ run }: Report): LossKind {
  const { loss } = (run.config ?? {}) as { readonly loss?: { readonly kind: LossKind } };
  return loss?.kind ?? 'softmax';
}

export function accuracyChart(report: Report): LineChart {
  const batch = batchOf(report);
  return {
    title: 'In-batch accuracy',
    unit: `share of pairs whose own partner ranks first${batch === undefined ? '' : ` of ${batch}`}`,
    series: [seriesOf(report.metrics, 'accuracy', ({ accuracy }) => accuracy)],
    format: tickPercent,
  };
}

/**
 * Every chart of the page: loss and accuracy, logit scale, learning rate, and zero-shot accuracy if it was followed.
 */
export function trainingCharts(report: Report): LineChart[] {
  const { metrics } = report;
  const followed = report.evaluations.filter(({ results }) => results.length > 1);
  return [
    lossChart(report),
    accuracyChart(report),
    {
      title: 'Logit scale',
      unit: 'factor on the cosine similarity',
      series: [
        {
          label: 'logit scale',
          window: 1,
          points: metrics.map(({ step, logitScale }) => ({ x: step, y: logitScale })),
        },
      ],
      format: significant,
    },
    {
      title: 'Learning rate',
      unit: 'AdamW, per step',
      series: [
        {
          label: 'learning rate',
          window: 1,
          points: metrics.map(({ step, learningRate }) => ({ x: step, y: learningRate })),
        },
      ],
      format: exponential,
    },
    ...(followed.length === 0
      ? []
      : [
          {
            title: 'Zero-shot accuracy',
            unit: 'top-1 over all classes',
            series: followed.map((evaluation) => ({
              label: finalResult(evaluation).name,
              window: 1,
              points: evaluation.results.map(({ step, top1 }) => ({ x: step, y: top1 })),
            })),
            format: tickPercent,
          },
        ]),
  ];
}

/** N, where the run got far enough to know it. */
export function batchOf({ run }: Report): number | undefined {
  return run.derived?.shardSizes.reduce((sum, size) => sum + size, 0);
}

/** A noisy line: single steps pale, a moving mean over about a fortieth of the run on top. */
function seriesOf(metrics: readonly StepMetrics[], label: string, pick: (metrics: StepMetrics) => number): Series {
  const window = metrics.length < 40 ? 1 : 2 * Math.floor(metrics.length / 80) + 1;
  return { label, window, points: metrics.map((step) => ({ x: step.step, y: pick(step) })) };
}
