import type { Command } from 'commander';
import { requireGroups } from '#data/dataset/required-groups.js';
import { accuracyOf, requireClasses } from '#evaluate/accuracy.js';
import { truthsOf } from '#evaluate/features/labelled-features.js';
import {
  confusionSentences,
  templatesText,
  worstOf,
  zeroShotReport,
  zeroShotSummary,
  type ZeroShotResult,
} from '#evaluate/reports/zero-shot-report.js';
import { skippedText } from '#evaluate/reports/evaluated.js';
import { zeroShot, type ZeroShotOutcome } from '#evaluate/zero-shot/zero-shot.js';
import { predictionGallery } from '#inference/prediction-gallery.js';
import { predictionsOf, resultOf } from '#inference/zero-shot-evaluation.js';
import type { OpenedModel } from '#inference/open-model.js';
import type { CommandContext } from '../command-context.js';
import { classDocumentOf, templatesOf, withClasses, type ClassOptions } from './class-options.js';
import {
  evaluateModel,
  type EvaluationOutcome,
  type EvaluationSession,
  type OpenedData,
} from './evaluation-session.js';
import { withModel, type ModelOptions } from './model-options.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

export function addZeroShotCommand(command: Command, context: CommandContext, threads: number): void {
  withModel(withClasses(command.argument('<data>', 'data set with a group for every image, its class')), threads, {
    onnx: false,
  }).action((data: string, options: ModelOptions & ClassOptions) =>
    evaluateModel(options, context, (session) => evaluateZeroShotOf(data, options, session)),
  );
}

export async function evaluateZeroShotOf(
  data: string,
  options: ClassOptions,
  session: EvaluationSession,
): Promise<EvaluationOutcome & { readonly result: ZeroShotResult }> {
  const clip = requireClip(session);
  const opened = await session.open(data);
  const { dataset, extracted, evaluated } = opened;
  const { names: labels } = requireGroups(dataset);
  requireClasses(labels, dataset.name);
  const outcome = await zeroShotOf(opened, labels, clip, options, session);
  const { judged } = outcome;
  const result: ZeroShotResult = {
    kind: 'zero-shot',
    model: session.evaluated,
    data: evaluated,
    accuracy: accuracyOf(judged),
    templates: outcome.templates,
    worstConfusions: worstOf(judged),
  };
  const lines = [
    zeroShotSummary(result),
    `Prompts: ${templatesText(outcome.templates)}.`,
    ...confusionSentences(result.worstConfusions.slice(0, 3)),
  ];
  if (evaluated.skipped.length > 0) lines.push(skippedText(evaluated.skipped));
  return {
    result,
    text: lines.join('\n'),
    async report() {
      const predictions = predictionsOf(dataset, extracted.read, outcome.logits, 5);
      const evaluation = {
        result: resultOf({ name: dataset.name, step: clip.step ?? 0 }, labels.length, predictions),
        predictions,
        skipped: extracted.skipped,
        cached: outcome.cached,
      };
      const drawn = { heading: 'Some of the images', right: 6, wrong: 6, seed: 1 };
      const galleries = [await predictionGallery(dataset, evaluation, drawn)];
      return zeroShotReport(result, { judged, predictions, galleries, licences: dataset.licences });
    },
  };
}

/** Zero-shot of a data set among these labels. */
export async function zeroShotOf(
  { dataset, extracted }: OpenedData,
  labels: readonly string[],
  clip: OpenedModel,
  options: ClassOptions,
  { store }: EvaluationSession,
): Promise<ZeroShotOutcome> {
  const { embeddings } = extracted;
  if (!embeddings) throw new Error('internal: a CLIP without embeddings');
  const document = await classDocumentOf(options);
  const truths = truthsOf(dataset, extracted, labels);
  return zeroShot(
    clip.model,
    { dataset: dataset.name, labels, truths, embeddings },
    { classes: document, templates: templatesOf(options, document, clip), store },
  );
}

export function requireClip({ clip, encoder }: EvaluationSession): OpenedModel {
  if (clip) return clip;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Evaluation: expected a model with a text tower, got the image encoder ${encoder.name}.`,
    help: 'Give --weights of a CLIP; `tandem evaluate linear-probe` takes any image encoder.',
  });
}
