import { InvalidArgumentError, type Command } from 'commander';
import { equivalentShots, fewShot } from '#evaluate/probe/few-shot.js';
import { scoreOf } from '#evaluate/probe/linear-probe.js';
import { openLogisticEngine, probeThreads } from '#evaluate/probe/logistic-engine.js';
import { fewShotReport, fewShotSentences, type FewShotResult } from '#evaluate/reports/few-shot-report.js';
import type { CommandContext } from '../command-context.js';
import { countUpTo } from '../command-options.js';
import { withClasses, type ClassOptions } from './class-options.js';
import { evaluateModel, type EvaluationOutcome, type EvaluationSession } from './evaluation-session.js';
import { withModel, type ModelOptions } from './model-options.js';
import { probeData, skippedLines, withProbe, type ProbeOptions } from './probe-data.js';
import { zeroShotOf } from './zero-shot-command.js';

interface FewShotOptions extends ProbeOptions {
  readonly shots: readonly number[];
  readonly seeds: number;
}

export function addFewShotCommand(command: Command, context: CommandContext, threads: number): void {
  withModel(withClasses(withProbe(command)), threads, { onnx: true })
    .option('--shots <list>', 'labelled images of each class, ascending', shotList, [1, 2, 4, 8, 16])
    .option('--seeds <n>', 'draws of the images', countUpTo(100), 3)
    .action((options: ModelOptions & ClassOptions & FewShotOptions) =>
      evaluateModel(options, context, (session) => evaluateFewShot(options, session)),
    );
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

function shotList(text: string): number[] {
  const values = text.split(',').map(Number);
  const isAscending = values.every(
    (value, at) => Number.isInteger(value) && value >= 1 && value > (values[at - 1] ?? 0),
  );
  if (isAscending) return values;
  throw new InvalidArgumentError('Expected ascending whole numbers from 1 on with commas between, such as 1,2,4,8,16.');
}
