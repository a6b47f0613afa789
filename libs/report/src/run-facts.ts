import { max, mean, min, sum } from 'd3-array';
import { bytes, duration, large, significant, unbroken, whole } from './figures.js';
import type { Fact, Report } from './report.js';

/** A run with its committed steps. */
type Training = Pick<Report, 'run' | 'metrics'>;

/** Pairs in a batch; undefined where the run failed before this was known. */
export function batchOf({ run }: Pick<Report, 'run'>): number | undefined {
  return run.derived?.shardSizes.reduce((total, size) => total + size, 0);
}

/** Time spent in training steps, without starting up and evaluating, and the pairs trained on per second of it. */
export function trainingTime({ run, metrics }: Training): {
  readonly seconds: number;
  readonly pairsPerSecond: number;
} {
  const seconds = sum(metrics, ({ stepMs }) => stepMs) / 1000;
  const pairs = metrics.length * (batchOf({ run }) ?? 0);
  return { seconds, pairsPerSecond: seconds > 0 ? pairs / seconds : 0 };
}

/** The few figures shown beside the accuracies. */
export function leadingFacts(report: Report): Fact[] {
  const { run, metrics } = report;
  const { seconds, pairsPerSecond } = trainingTime(report);
  return [
    ...(metrics.length > 0
      ? [
          { name: 'training time', value: unbroken(duration(seconds)) },
          { name: 'pairs per second', value: significant(pairsPerSecond) },
        ]
      : []),
    { name: 'steps', value: run.step === run.steps ? whole(run.step) : `${whole(run.step)} of ${whole(run.steps)}` },
    ...(run.derived
      ? [{ name: `pairs per step, ${whole(run.derived.shards)} shards`, value: whole(batchOf(report) ?? 0) }]
      : []),
    ...(run.derived ? [{ name: 'parameters', value: unbroken(large(run.derived.parameters)) }] : []),
    ...(metrics.length > 0 ? [{ name: 'workers', value: workersText(report) }] : []),
  ];
}

/** All other facts: the run's data and model, its traffic, and what went wrong on the way. */
export function detailFacts({ run, metrics }: Report): Fact[] {
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
          {
            name: 'parameters',
            value: `${whole(run.derived.parameters)} (${unbroken(bytes(run.derived.parameterBytes))})`,
          },
        ]
      : []),
    { name: 'received from workers', value: unbroken(bytes(sum(metrics, ({ bytesIn }) => bytesIn))) },
    { name: 'sent to workers', value: unbroken(bytes(sum(metrics, ({ bytesOut }) => bytesOut))) },
    { name: 'shards retried', value: whole(sum(metrics, ({ retries }) => retries)) },
    { name: 'unreadable samples replaced', value: whole(run.skippedSamples) },
    ...(run.longCaptions ? [{ name: 'captions too long, replaced', value: whole(run.longCaptions) }] : []),
    ...(run.checkpoint ? [{ name: 'checkpoint', value: run.checkpoint }] : []),
  ];
}

/** Milliseconds of each phase of a step, mean over all steps; `other` is the time in no phase. */
export function stepPhases({ metrics }: Report): { readonly name: string; readonly ms: number }[] {
  const phases = [
    { name: 'encode', ms: mean(metrics, ({ encodeMs }) => encodeMs) ?? 0 },
    { name: 'loss', ms: mean(metrics, ({ lossMs }) => lossMs) ?? 0 },
    { name: 'backprop', ms: mean(metrics, ({ backpropMs }) => backpropMs) ?? 0 },
    { name: 'update', ms: mean(metrics, ({ updateMs }) => updateMs) ?? 0 },
  ];
  const other = (mean(metrics, ({ stepMs }) => stepMs) ?? 0) - sum(phases, ({ ms }) => ms);
  return [...phases, { name: 'other', ms: Math.max(0, other) }];
}

function workersText({ metrics }: Report): string {
  const [fewest, most] = [min(metrics, ({ workers }) => workers)!, max(metrics, ({ workers }) => workers)!];
  return fewest === most ? whole(most) : `${whole(fewest)} to ${whole(most)}`;
}
