import { type Command, InvalidArgumentError, Option } from 'commander';
import { requireGroups } from '#data/dataset/required-groups.js';
import { accuracyOf, metrics, requireClasses, type Metric } from '#evaluate/accuracy.js';
import { labelledFeatures } from '#evaluate/features/labelled-features.js';
import { equivalentShots, fewShot } from '#evaluate/probe/few-shot.js';
import { linearProbe, scoreOf } from '#evaluate/probe/linear-probe.js';
import { openLogisticEngine, probeThreads } from '#evaluate/probe/logistic-engine.js';
import type { LabelledFeatures } from '#evaluate/probe/logistic-regression.js';
import { drawnOrder, rowsOf, splitValidation } from '#evaluate/probe/sample-shots.js';
import { skippedText } from '#evaluate/reports/evaluated.js';
import { fewShotReport, fewShotSentences, type FewShotResult } from '#evaluate/reports/few-shot-report.js';
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
import { withClasses, type ClassOptions } from './class-options.js';
import {
  evaluateModel,
  type EvaluationOutcome,
  type EvaluationSession,
  type OpenedData,
} from './evaluation-session.js';
import { withModel, type ModelOptions } from './model-options.js';
import { zeroShotOf } from './zero-shot-command.js';

export interface ProbeOptions {
  readonly train: string;
  readonly test: string;
  readonly metric: Metric;
}

export interface LinearProbeOptions extends ProbeOptions {
  readonly validation?: string;
  readonly validationShare: number;
  readonly seed: number;
}

interface FewShotOptions extends ProbeOptions {
  readonly shots: readonly number[];
  readonly seeds: number;
}

export function addLinearProbeCommand(command: Command, context: CommandContext, threads: number): void {
  withModel(withLinearProbe(withProbe(command)), threads, { onnx: true }).action(
    (options: ModelOptions & LinearProbeOptions) =>
      evaluateModel(options, context, (session) => evaluateLinearProbe(options, session)),
  );
}

export function addFewShotCommand(command: Command, context: CommandContext, threads: number): void {
  withModel(withClasses(withProbe(command)), threads, { onnx: true })
    .option('--shots <list>', 'labelled images of each class, ascending', shotList, [1, 2, 4, 8, 16])
    .option('--seeds <n>', 'draws of the images', countUpTo(100), 3)
    .action((options: ModelOptions & ClassOptions & FewShotOptions) =>
      evaluateModel(options, context, (session) => evaluateFewShot(options, session)),
    );
}

function withProbe(command: Command): Command {
  return command
    .requiredOption('--train <data>', 'data set that the classifier is fitted to, with a group for every image')
    .requiredOption('--test <data>', 'data set that it is judged on, once')
    .addOption(
      new Option('--metric <name>', 'what λ is chosen by, and what is reported first').choices(metrics).default('top1'),
    );
}

export function withLinearProbe(command: Command): Command {
  return command
    .option('--validation <data>', 'data set that λ is chosen by; a share of the training set if left out')
    .option('--validation-share <share>', 'share of each class of the training set that λ is chosen by', share, 0.2)
    .option('--seed <n>', 'another number draws other images for that', countUpTo(2 ** 32), 1);
}

export async function evaluateLinearProbe(
  options: LinearProbeOptions,
  session: EvaluationSession,
): Promise<EvaluationOutcome & { readonly result: LinearProbeResult }> {
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

async function evaluateFewShot(
  options: ClassOptions & FewShotOptions,
  session: EvaluationSession,
): Promise<EvaluationOutcome> {
  const { labels, train, test, opened } = await probeData(options, session);
  const seeds = Array.from({ length: options.seeds }, (_, index) => index + 1);
  const zeroShotJudged = session.clip && (await zeroShotOf(opened.test, labels, session.clip, options, session)).judged;
  const size = { n: Math.max(...options.shots) * labels.length, f: train.width, C: labels.length };
  const engine = await openLogisticEngine(probeThreads(size, session.threads));
  try {
    const { metric, shots } = options;
    const outcome = await fewShot(
      engine,
      { train, test },
      {
        labels,
        metric,
        shots,
        seeds,
        onProbe: (k, seed) => {
          session.signal.throwIfAborted();
          session.update(`few-shot: ${k} of each class, seed ${seed} of ${seeds.length}`);
        },
      },
    );
    const score = zeroShotJudged && scoreOf(zeroShotJudged, metric);
    const result: FewShotResult = {
      kind: 'few-shot',
      model: session.evaluated,
      train: opened.train.evaluated,
      test: opened.test.evaluated,
      classes: labels.length,
      metric,
      seeds,
      zeroShot: score === undefined ? null : { score, equals: equivalentShots(outcome.points, score) },
      ...outcome,
    };
    return {
      result,
      text: [...fewShotSentences(result), ...skippedLines(opened)].join('\n'),
      report: () => fewShotReport(result, opened.test.dataset.licences),
    };
  } finally {
    await engine.close();
  }
}

interface ProbeData {
  readonly labels: readonly string[];
  readonly train: LabelledFeatures & { readonly keys: readonly string[] };
  readonly test: LabelledFeatures;
  readonly opened: { readonly train: OpenedData; readonly test: OpenedData };
}

/** The labels are the groups of the training set. */
async function probeData({ train, test }: ProbeOptions, session: EvaluationSession): Promise<ProbeData> {
  const opened = { train: await session.open(train), test: await session.open(test) };
  const { names: labels } = requireGroups(opened.train.dataset);
  requireClasses(labels, opened.train.dataset.name);
  return {
    labels,
    train: labelledFeatures(opened.train.dataset, opened.train.extracted, labels),
    test: labelledFeatures(opened.test.dataset, opened.test.extracted, labels),
    opened,
  };
}

function splitOf(
  train: ProbeData['train'],
  { seed, validationShare }: LinearProbeOptions,
  labels: readonly string[],
): { readonly train: LabelledFeatures; readonly validation: LabelledFeatures } {
  const split = splitValidation(drawnOrder(train.keys, train.truths, seed, labels.length), validationShare);
  return { train: rowsOf(train, split.train), validation: rowsOf(train, split.validation) };
}

function skippedLines({ train, test }: ProbeData['opened']): string[] {
  return [train, test].flatMap(({ evaluated: { name, skipped } }) =>
    skipped.length === 0 ? [] : [`${name}: ${skippedText(skipped)}`],
  );
}

function shotList(text: string): number[] {
  const values = text.split(',').map(Number);
  const isAscending = values.every(
    (value, at) => Number.isInteger(value) && value >= 1 && value > (values[at - 1] ?? 0),
  );
  if (isAscending) return values;
  throw new InvalidArgumentError('Expected ascending whole numbers from 1 on with commas between, such as 1,2,4,8,16.');
}
