import { Option, type Command } from 'commander';
import { requireGroups } from '#data/dataset/required-groups.js';
import { metrics, requireClasses, type Metric } from '#evaluate/accuracy.js';
import { labelledFeatures } from '#evaluate/features/labelled-features.js';
import type { LabelledFeatures } from '#evaluate/probe/logistic-regression.js';
import { skippedText } from '#evaluate/reports/evaluated.js';
import type { EvaluationSession, OpenedData } from './evaluation-session.js';

/** What every probe is asked for. */
export interface ProbeOptions {
  readonly train: string;
  readonly test: string;
  readonly metric: Metric;
}

export function withProbe(command: Command): Command {
  return command
    .requiredOption('--train <data>', 'data set that the classifier is fitted to, with a group for every image')
    .requiredOption('--test <data>', 'data set that it is judged on, once')
    .addOption(
      new Option('--metric <name>', 'what λ is chosen by, and what is reported first').choices(metrics).default('top1'),
    );
}

export interface ProbeData {
  readonly labels: readonly string[];
  readonly train: LabelledFeatures & { readonly keys: readonly string[] };
  readonly test: LabelledFeatures;
  readonly opened: { readonly train: OpenedData; readonly test: OpenedData };
}

/** Opens both data sets and their features. The labels are the groups of the training set. */
export async function probeData({ train, test }: ProbeOptions, session: EvaluationSession): Promise<ProbeData> {
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

/** What was left out of either data set, in words. */
export function skippedLines({ train, test }: ProbeData['opened']): string[] {
  return [train, test].flatMap(({ evaluated: { name, skipped } }) =>
    skipped.length === 0 ? [] : [`${name}: ${skippedText(skipped)}`],
  );
}
