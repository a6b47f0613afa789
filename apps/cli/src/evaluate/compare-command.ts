import { type Command, Option } from 'commander';
import { pointOfResult, readPoints, readResult } from '#evaluate/compare/read-points.js';
import {
  publishedKinds,
  publishedSeries,
  type ComparedPoint,
  type PublishedKind,
} from '#evaluate/compare/published-points.js';
import { compareReport, compareSentences, type CompareResult } from '#evaluate/reports/compare-report.js';
import { documentBytesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { percent } from '#report/figures.js';
import type { CommandContext } from '../command-context.js';
import { table } from '../terminal/table.js';
import { readFileFor, withClasses, type ClassOptions } from './class-options.js';
import { printOutcome, withSession } from './evaluation-session.js';
import { withComputing, type ModelOptions } from './model-options.js';
import { evaluateZeroShotOf } from './zero-shot-command.js';

interface CompareOptions extends ModelOptions, ClassOptions {
  readonly data?: string;
  readonly published?: PublishedKind;
  readonly points: readonly string[];
  readonly unit?: string;
}

export function addCompareCommand(command: Command, context: CommandContext, threads: number): void {
  const many = (path: string, before: readonly string[]): string[] => [...before, path];
  command.argument(
    '<models...>',
    'result.json files of zero-shot evaluations or linear probes, and models, which need --data; NAME=PATH names one',
  );
  withComputing(withClasses(command), threads)
    .option('--data <data>', 'data set that models are evaluated on, zero-shot')
    .addOption(new Option('--published <kind>', 'draw the published points of CLIP as well').choices(publishedKinds))
    .option(
      '--points <file>',
      'draw the points of a CSV with the columns name, gflop, accuracy; once for each',
      many,
      [],
    )
    .option('--unit <text>', 'what the accuracies are of', 'top-1 accuracy')
    .action((models: readonly string[], options: CompareOptions) => compare(models, options, context));
}

async function compare(models: readonly string[], options: CompareOptions, context: CommandContext): Promise<void> {
  const points: ComparedPoint[] = [];
  for (const model of models) points.push(await pointOf(model, options, context));
  const files = [];
  for (const path of options.points)
    files.push({ label: path, points: readPoints(await readFileFor('Points', path, documentBytesMax), path) });
  const result: CompareResult = {
    kind: 'compare',
    unit: options.unit ?? '',
    models: points.sort((a, b) => a.gigaflops - b.gigaflops),
    others: [...files, ...(options.published ? publishedSeries(options.published) : [])],
  };
  const rows = [result.models, ...result.others.map((one) => one.points)]
    .flat()
    .map(({ name, gigaflops, score }) => [name, gigaflops.toPrecision(3), percent(score)]);
  const text = [table([['MODEL', 'GFLOP', 'ACCURACY'], ...rows], [1, 2]), '', ...compareSentences(result)].join('\n');
  await printOutcome({ result, text, report: () => compareReport(result) }, options.out, context.terminal);
}

/** The point of a result.json, or of a model that is evaluated now: PATH, or NAME=PATH. */
async function pointOf(given: string, options: CompareOptions, context: CommandContext): Promise<ComparedPoint> {
  const [, name, path = given] = /^([^=/]+)=(.+)$/.exec(given) ?? [];
  if (path.endsWith('.json')) {
    const point = pointOfResult(readResult(await readFileFor('Result', path, documentBytesMax), path), path);
    return name === undefined ? point : { ...point, name };
  }
  const { data } = options;
  if (data === undefined)
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `Compare: expected --data to evaluate ${path} on, got none.`,
      help: 'Name a data set, or compare the result.json files of earlier evaluations.',
    });
  return withSession({ ...options, weights: path, ...(name !== undefined && { name }) }, context, async (session) => {
    const { result } = await evaluateZeroShotOf(data, options, session);
    return pointOfResult(result, path);
  });
}
