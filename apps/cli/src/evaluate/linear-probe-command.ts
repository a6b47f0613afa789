import type { Command } from 'commander';
import { accuracyOf } from '#evaluate/accuracy.js';
import { labelledFeatures } from '#evaluate/features/labelled-features.js';
import { linearProbe } from '#evaluate/probe/linear-probe.js';
import { openLogisticEngine, probeThreads } from '#evaluate/probe/logistic-engine.js';
import type { LabelledFeatures } from '#evaluate/probe/logistic-regression.js';
import { drawnOrder, rowsOf, splitValidation } from '#evaluate/probe/sample-shots.js';
import {
  convergenceSentence,
  linearProbeReport,
  linearProbeSummary,
  type LinearProbeResult,
} from '#evaluate/reports/linear-probe-report.js';
import { worstOf } from '#evaluate/reports/zero-shot-report.js';
import { exponential } from '#report/figures.js';
import type { CommandContext } from '../command-context.js';
import { countUpTo } from '../command-options.js';
import { share } from '../dataset/hold-out-place.js';
import { evaluateModel, type EvaluationOutcome, type EvaluationSession } from './evaluation-session.js';
import { withModel, type ModelOptions } from './model-options.js';
import { probeData, skippedLines, withProbe, type ProbeData, type ProbeOptions } from './probe-data.js';

interface LinearProbeOptions extends ProbeOptions {
  readonly validation?: string;
  readonly validationShare: number;
  readonly seed: number;
}

export function addLinearProbeCommand(command: Command, context: CommandContext, threads: number): void {
  withModel(withLinearProbe(withProbe(command)), threads, { onnx: true }).action(
    (options: ModelOptions & LinearProbeOptions) =>
      evaluateModel(options, context, (session) => evaluateLinearProbe(options, session)),
  );
}

function withLinearProbe(command: Command): Command {
  return command
    .option('--validation <data>', 'data set that λ is chosen by; a share of the training set if left out')
    .option('--validation-share <share>', 'share of each class of the training set that λ is chosen by', share, 0.2)
    .option('--seed <n>', 'another number draws other images for that', countUpTo(2 ** 32), 1);
}

async function evaluateLinearProbe(
  options: LinearProbeOptions,
  session: EvaluationSession,
): Promise<EvaluationOutcome> {
  const { labels, train, test, opened } = await probeData(options, session);
  const validation = options.validation === undefined ? undefined : await session.open(options.validation);
  const parts = validation
    ? { train, validation: labelledFeatures(validation.dataset, validation.extracted, labels) }
    : splitOf(train, options, labels);
  const size = { n: train.truths.length, f: train.width, C: labels.length };
  const engine = await openLogisticEngine(probeThreads(size, session.threads));
  try {
    const probe = await linearProbe(
      engine,
      { ...parts, test },
      {
        labels,
        metric: options.metric,
        refitsWithValidation: true,
        onLambda: (lambda) => {
          session.signal.throwIfAborted();
          session.update(`linear probe: λ = ${exponential(lambda)}`);
        },
      },
    );
    const { judged, sweep, classifier } = probe;
    const result: LinearProbeResult = {
      kind: 'linear-probe',
      model: session.evaluated,
      train: opened.train.evaluated,
      validation: validation?.evaluated ?? null,
      validationImages: parts.validation.truths.length,
      test: opened.test.evaluated,
      metric: options.metric,
      lambda: probe.lambda,
      tried: sweep.tried,
      iterations: classifier.fit.iterations,
      end: classifier.fit.end,
      unconverged: probe.unconverged,
      accuracy: accuracyOf(judged),
      worstConfusions: worstOf(judged),
    };
    const chosen =
      `λ = ${exponential(probe.lambda)}, the best of ${sweep.tried.length} on ` + `${result.validationImages} images.`;
    const lines = [linearProbeSummary(result), chosen, ...convergenceSentence(result), ...skippedLines(opened)];
    const licences = opened.test.dataset.licences;
    return { result, text: lines.join('\n'), report: () => linearProbeReport(result, { judged, licences }) };
  } finally {
    await engine.close();
  }
}

function splitOf(
  train: ProbeData['train'],
  { seed, validationShare }: LinearProbeOptions,
  labels: readonly string[],
): { readonly train: LabelledFeatures; readonly validation: LabelledFeatures } {
  const split = splitValidation(drawnOrder(train.keys, train.truths, seed, labels.length), validationShare);
  return { train: rowsOf(train, split.train), validation: rowsOf(train, split.validation) };
}
