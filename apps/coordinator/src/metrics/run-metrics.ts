import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import { runStateSchema, type RunStatus, type StepMetrics } from '#protocol/run/run-status.js';
import type { RunListener } from '../runs/run-entry.js';
import { isUnderWay, type RunChange } from '../runs/run-transition.js';

/** Series of the runs that trained in this process, labelled with the run's id, of the newest `shownRuns` only. */
export function runMetrics(registry: Registry, shownRuns: number): RunListener {
  const series = [
    stepGauges(registry),
    stepCounters(registry),
    stepSeconds(registry),
    evaluationGauges(registry),
    stateGauges(registry),
    recoverySeconds(registry),
  ];
  const shown = new Map<string, RunStatus>();
  return (status, change) => {
    if (!shown.has(status.id) && !shownKinds.has(change.kind)) return;
    shown.set(status.id, status);
    for (const one of series) {
      one.changed?.(status, change);
      if (change.kind === 'step') one.step?.(status, change.metrics);
      else if (change.kind === 'miscomputed') one.miscomputed?.(status);
      else if (change.kind === 'evaluation') one.evaluations?.(status);
    }
    if (shown.size <= shownRuns) return;
    const [oldest] = shown.values();
    shown.delete(oldest!.id);
    for (const one of series) one.forget(oldest!);
  };
}

const shownKinds: ReadonlySet<RunChange['kind']> = new Set(['prepared', 'step', 'evaluation', 'miscomputed']);

interface Series {
  /** Hears of every change of a run that is shown. */
  changed?(run: RunStatus, change: RunChange): void;
  step?(run: RunStatus, metrics: StepMetrics): void;
  evaluations?(run: RunStatus): void;
  miscomputed?(run: RunStatus): void;
  forget(run: RunStatus): void;
}

function stepGauges(registry: Registry): Series {
  const values: Readonly<Record<string, readonly [help: string, value: (metrics: StepMetrics) => number]>> = {
    tandem_step: ['Committed steps.', (metrics) => metrics.step],
    tandem_loss: ['Contrastive loss of the newest step, mean over its pairs.', (metrics) => metrics.loss],
    tandem_accuracy: ['Share of the newest batch whose own text (image) ranks first.', (metrics) => metrics.accuracy],
    tandem_logit_scale: ['Factor on the similarities, exp of the stored logarithm.', (metrics) => metrics.logitScale],
    tandem_learning_rate: ['Learning rate of the newest step.', (metrics) => metrics.learningRate],
    tandem_gradient_norm: [
      'Global norm of the newest gradient, before it is clipped.',
      (metrics) => metrics.gradientNorm,
    ],
    tandem_pairs_per_second: ['Pairs trained on a second, newest step.', (metrics) => metrics.pairsPerSecond],
  };
  const gauges = Object.entries(values).map(([name, [help, value]]) => ({
    gauge: new Gauge({ name, help, labelNames: ['run'], registers: [registry] }),
    value,
  }));
  return {
    step: ({ id }, metrics) => gauges.forEach(({ gauge, value }) => gauge.set({ run: id }, value(metrics))),
    forget: ({ id }) => gauges.forEach(({ gauge }) => gauge.remove({ run: id })),
  };
}

function stepCounters(registry: Registry): Series {
  const counter = <L extends string>(name: string, help: string, ...labels: L[]): Counter<'run' | L> =>
    new Counter({ name, help, labelNames: ['run', ...labels], registers: [registry] });
  const pairs = counter('tandem_pairs_total', 'Pairs of committed steps.');
  const skipped = counter('tandem_skipped_samples_total', 'Unreadable samples that were replaced.');
  const retries = counter('tandem_retries_total', 'Tasks that were given out again.');
  const miscomputed = counter(
    'tandem_wrong_results_total',
    'Results that differ from what two other computations gave. The worker is in the log, and gets no more tasks.',
  );
  const bytes = counter(
    'tandem_bytes_total',
    'Bytes the coordinator moved through the store: in from the workers, out to them.',
    'direction',
  );
  return {
    step(status, metrics) {
      const run = status.id;
      pairs.inc({ run }, status.derived?.shardSizes.reduce((sum, size) => sum + size, 0) ?? 0);
      skipped.inc({ run }, metrics.skipped);
      miscomputed.inc({ run }, 0);
      retries.inc({ run }, metrics.retries);
      bytes.inc({ run, direction: 'in' }, metrics.bytesIn);
      bytes.inc({ run, direction: 'out' }, metrics.bytesOut);
    },
    miscomputed: ({ id: run }) => miscomputed.inc({ run }),
    forget({ id: run }) {
      for (const one of [pairs, skipped, retries, miscomputed]) one.remove({ run });
      for (const direction of ['in', 'out']) bytes.remove({ run, direction });
    },
  };
}

function stepSeconds(registry: Registry): Series {
  const phases: Readonly<Record<string, (metrics: StepMetrics) => number>> = {
    encode: (metrics) => metrics.encodeMs,
    loss: (metrics) => metrics.lossMs,
    backprop: (metrics) => metrics.backpropMs,
    update: (metrics) => metrics.updateMs,
    step: (metrics) => metrics.stepMs,
  };
  const seconds = new Histogram({
    name: 'tandem_step_seconds',
    help: 'Time of a step, by phase; the phase "step" is the whole of it.',
    labelNames: ['run', 'phase'],
    // In seconds: from a step of a tiny model to one of N = 32,768 on few machines.
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers: [registry],
  });
  return {
    step({ id: run }, metrics) {
      for (const [phase, ms] of Object.entries(phases)) seconds.observe({ run, phase }, ms(metrics) / 1000);
    },
    forget({ id: run }) {
      for (const phase of Object.keys(phases)) seconds.remove({ run, phase });
    },
  };
}

/** From what held a run up to the step that is committed after it. */
function recoverySeconds(registry: Registry): Series {
  const seconds = new Histogram({
    name: 'tandem_recovery_seconds',
    help: 'Time from the loss of a worker, of Redis, of the store or of the coordinator to the next committed step.',
    labelNames: ['run'],
    buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers: [registry],
  });
  const held = new Map<string, () => number>();
  const shown = new Set<string>();
  return {
    changed(run, change) {
      // Prometheus sees the growth of a series only if it was there before.
      if (!shown.has(run.id)) seconds.zero({ run: run.id });
      shown.add(run.id);
      if (!isUnderWay(run)) held.delete(run.id);
      else if (isSetback(change) && !held.has(run.id)) held.set(run.id, seconds.startTimer({ run: run.id }));
    },
    step({ id }) {
      held.get(id)?.();
      held.delete(id);
    },
    forget({ id }) {
      held.delete(id);
      shown.delete(id);
      seconds.remove({ run: id });
    },
  };
}

function isSetback(change: RunChange): boolean {
  if (change.kind === 'pool') return change.what === 'lost';
  return change.kind === 'waiting' || change.kind === 'deserted' || change.kind === 'restored';
}

function stateGauges(registry: Registry): Series {
  const gauge = <L extends string>(name: string, help: string, ...labels: L[]): Gauge<'run' | L> =>
    new Gauge({ name, help, labelNames: ['run', ...labels], registers: [registry] });
  const state = gauge('tandem_run_state', '1 for the state that the run is in, 0 for the others.', 'state');
  const stepsLeft = gauge('tandem_steps_left', 'Steps that are not committed yet.');
  const lastStep = gauge('tandem_last_step_timestamp_seconds', 'When the newest step was committed, since 1970.');
  const lastCheckpoint = gauge(
    'tandem_last_checkpoint_timestamp_seconds',
    'When the newest checkpoint was written by this coordinator, since 1970.',
  );
  return {
    changed({ id: run, state: now, step, steps }, { kind }) {
      for (const one of runStateSchema.options) state.set({ run, state: one }, one === now ? 1 : 0);
      stepsLeft.set({ run }, steps - step);
      // From the moment that it trains a run may be late with a step.
      if (kind === 'step' || kind === 'prepared') lastStep.set({ run }, Date.now() / 1000);
      if (kind === 'checkpoint') lastCheckpoint.set({ run }, Date.now() / 1000);
    },
    forget({ id: run }) {
      for (const one of runStateSchema.options) state.remove({ run, state: one });
      for (const one of [stepsLeft, lastStep, lastCheckpoint]) one.remove({ run });
    },
  };
}

function evaluationGauges(registry: Registry): Series {
  const gauge = <L extends string>(name: string, help: string, ...labels: L[]): Gauge<'run' | 'evaluation' | L> =>
    new Gauge({ name, help, labelNames: ['run', 'evaluation', ...labels], registers: [registry] });
  const among = 'Share of images whose class is among the k best, newest evaluation';
  const zeroShot = gauge('tandem_zero_shot_accuracy', `${among}.`, 'k');
  const probe = gauge('tandem_linear_probe_accuracy', `${among} by a linear probe.`, 'k');
  const fewShot = gauge(
    'tandem_few_shot_accuracy',
    'Accuracy of probes with so many images of each class, mean over the seeds, newest evaluation.',
    'shots',
  );
  const retrieval = gauge(
    'tandem_retrieval_recall',
    'Share of queries whose answer is among the k nearest, newest evaluation; direction: what is asked for.',
    'direction',
    'k',
  );
  /** What is done with each value of a result: it is set, or its series is removed. */
  const each = (
    run: string,
    result: EvaluationResult,
    visit: <L extends string>(of: Gauge<L>, labels: Record<L, string>, value: number) => void,
  ): void => {
    const labels = { run, evaluation: result.name };
    switch (result.kind) {
      case 'zero-shot':
      case 'linear-probe': {
        const accuracy = result.kind === 'zero-shot' ? zeroShot : probe;
        visit(accuracy, { ...labels, k: '1' }, result.top1);
        return visit(accuracy, { ...labels, k: '5' }, result.top5);
      }
      case 'few-shot':
        return result.points.forEach(({ shots, mean }) => visit(fewShot, { ...labels, shots: String(shots) }, mean));
      case 'retrieval':
        for (const [direction, { r1, r5, r10 }] of [
          ['text', result.textOfImage],
          ['image', result.imageOfText],
        ] as const)
          for (const [k, value] of Object.entries({ 1: r1, 5: r5, 10: r10 }))
            visit(retrieval, { ...labels, direction, k }, value);
    }
  };
  return {
    evaluations: ({ id, evaluations }) =>
      evaluations.forEach((result) => each(id, result, (of, labels, value) => of.set(labels, value))),
    forget: ({ id, evaluations }) =>
      evaluations.forEach((result) => each(id, result, (of, labels) => of.remove(labels))),
  };
}
