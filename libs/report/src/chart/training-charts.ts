import type { LossKind } from '#protocol/run/loss-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { exponential, percent, significant, tickPercent } from '../figures.js';
import type { LineChart, Series } from './line-chart.js';
import { finalResult, type Report } from '../report.js';
import { batchOf } from '../run-facts.js';

/** Mean loss of each step, with the loss of a model that cannot tell the pairs apart as reference. */
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
 * The loss of a model that gives each of the N texts the same probability 1/N. With the softmax loss this is ln N. The
 * sigmoid loss asks a yes-or-no question of each text, so the N − 1 wrong ones add (N − 1)·ln(N/(N − 1)).
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

/** Share of the pairs in each batch whose own caption has the highest similarity. */
function accuracyChart(report: Report): LineChart {
  const batch = batchOf(report);
  return {
    title: 'In-batch accuracy',
    unit: `share of pairs whose own partner ranks first${batch === undefined ? '' : ` of ${batch}`}`,
    series: [seriesOf(report.metrics, 'accuracy', ({ accuracy }) => accuracy)],
    format: tickPercent,
  };
}

/** Top-1 accuracy of each evaluation that was run more than once; undefined where there is none. */
function zeroShotChart({ evaluations }: Report): LineChart | undefined {
  const followed = evaluations.filter(({ results }) => results.length > 1);
  const [first] = followed;
  if (!first) return undefined;
  const { chance } = finalResult(first);
  return {
    title: 'Zero-shot accuracy',
    unit: followed.length === 1 ? `${first.heading}: top-1 over all classes` : 'top-1 over all classes',
    series: followed.map(({ heading, results }) => ({
      label: heading,
      window: 1,
      points: results.map(({ step, top1 }) => ({ x: step, y: top1 })),
    })),
    reference: { value: chance, label: `guessing: ${percent(chance)}` },
    format: tickPercent,
  };
}

/** All charts of the page. */
export function trainingCharts(report: Report): LineChart[] {
  const { metrics } = report;
  const zeroShot = zeroShotChart(report);
  return [
    lossChart(report),
    ...(zeroShot ? [zeroShot] : []),
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
  ];
}

/** A noisy quantity: the single steps pale, and over them a moving mean over about a fortieth of the run. */
function seriesOf(metrics: readonly StepMetrics[], label: string, pick: (metrics: StepMetrics) => number): Series {
  const window = metrics.length < 40 ? 1 : 2 * Math.floor(metrics.length / 80) + 1;
  return { label, window, points: metrics.map((step) => ({ x: step.step, y: pick(step) })) };
}
