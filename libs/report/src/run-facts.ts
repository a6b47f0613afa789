import { bytes, duration, large, significant, whole } from './figures.js';
import type { Fact, Report } from './report.js';
import { batchOf } from './chart/training-charts.js';

/** Time of the steps alone, in seconds, and the pairs gone through in it. */
export function trainingTime({ metrics, ...report }: Report): {
  readonly seconds: number;
  readonly pairs: number;
  readonly pairsPerSecond: number;
} {
  const seconds = metrics.reduce((sum, { stepMs }) => sum + stepMs, 0) / 1000;
  const pairs = metrics.length * (batchOf({ metrics, ...report }) ?? 0);
  return { seconds, pairs, pairsPerSecond: seconds > 0 ? pairs / seconds : 0 };
}

/** The few figures that stand beside the accuracies. */
export function leadingFacts(report: Report): Fact[] {
  const { run, metrics } = report;
  const { seconds, pairsPerSecond } = trainingTime(report);
  return [
    ...(metrics.length > 0
      ? [
          { name: 'training time', value: duration(seconds) },
          { name: 'pairs per second', value: significant(pairsPerSecond) },
        ]
      : []),
    { name: 'steps', value: run.step === run.steps ? whole(run.step) : `${whole(run.step)} of ${whole(run.steps)}` },
    ...(run.derived
      ? [{ name: `pairs a step, ${whole(run.derived.shards)} shards`, value: whole(batchOf(report) ?? 0) }]
      : []),
    ...(run.derived ? [{ name: 'parameters', value: large(run.derived.parameters) }] : []),
    ...(metrics.length > 0 ? [{ name: 'workers', value: workersText(report) }] : []),
  ];
}

/** The rest: what the run was, what it moved, what went wrong on the way. */
export function detailFacts(report: Report): Fact[] {
  const { run, metrics } = report;
  const total = (pick: (step: (typeof metrics)[number]) => number): number =>
    metrics.reduce((sum, step) => sum + pick(step), 0);
  return [
    { name: 'run', value: run.id },
    { name: 'state', value: run.reason ? `${run.state}: ${run.reason}` : run.state },
    ...(run.startedAt ? [{ name: 'started', value: run.startedAt }] : []),
    ...(run.endedAt ? [{ name: 'ended', value: run.endedAt }] : []),
    ...(run.derived
      ? [
          { name: 'training pairs', value: whole(run.derived.trainPairs) },
          { name: 'epochs', value: significant(run.derived.epochs) },
          { name: 'micro-batch', value: whole(run.derived.microBatch) },
          { name: 'parameters', value: `${whole(run.derived.parameters)} (${bytes(run.derived.parameterBytes)})` },
        ]
      : []),
    { name: 'received from workers', value: bytes(total(({ bytesIn }) => bytesIn)) },
    { name: 'sent to workers', value: bytes(total(({ bytesOut }) => bytesOut)) },
    { name: 'shards tried again', value: whole(total(({ retries }) => retries)) },
    { name: 'unreadable samples replaced', value: whole(run.skippedSamples) },
    ...(run.checkpoint ? [{ name: 'checkpoint', value: run.checkpoint }] : []),
  ];
}

/** Where the time of a step goes, mean over all steps, in milliseconds; `other` is what no phase accounts for. */
export function stepPhases({ metrics }: Report): { readonly name: string; readonly ms: number }[] {
  const mean = (pick: (step: (typeof metrics)[number]) => number): number =>
    metrics.reduce((sum, step) => sum + pick(step), 0) / metrics.length;
  const phases = [
    { name: 'encode', ms: mean(({ encodeMs }) => encodeMs) },
    { name: 'loss', ms: mean(({ lossMs }) => lossMs) },
    { name: 'backprop', ms: mean(({ backpropMs }) => backpropMs) },
    { name: 'update', ms: mean(({ updateMs }) => updateMs) },
  ];
  const other = mean(({ stepMs }) => stepMs) - phases.reduce((sum, { ms }) => sum + ms, 0);
  return [...phases, { name: 'other', ms: Math.max(0, other) }];
}

function workersText({ metrics }: Report): string {
  const counts = metrics.map(({ workers }) => workers);
  const fewest = counts.reduce((a, b) => Math.min(a, b));
  const most = counts.reduce((a, b) => Math.max(a, b));
  return fewest === most ? whole(most) : `${whole(fewest)} to ${whole(most)}`;
}
