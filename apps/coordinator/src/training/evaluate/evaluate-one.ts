import { requireGroups } from '#data/dataset/required-groups.js';
import { accuracyOf, type Judged } from '#evaluate/accuracy.js';
import { labelledFeatures, truthsOf } from '#evaluate/features/labelled-features.js';
import { imageCaptions } from '#evaluate/retrieval/captions.js';
import { recallOf, retrievalRanks, type Recall } from '#evaluate/retrieval/retrieval.js';
import { zeroShot } from '#evaluate/zero-shot/zero-shot.js';
import type { ClipModel } from '#inference/clip-model.js';
import type { Evaluation } from '#protocol/run/evaluation-config.js';
import type { EvaluationResult, RetrievalRecall } from '#protocol/run/evaluation-result.js';
import type { Store } from '#store/store.js';
import { inTurns } from '#threads/turns.js';
import type { EvaluatedData, EvaluatedDatasets } from './evaluated-data.js';
import { fitFewShot, fitLinearProbe } from './fitted-probe.js';
import type { FewShotCall, LinearProbeCall } from './probe-message.js';

export interface EvaluationParts {
  readonly model: ClipModel;
  readonly data: EvaluatedDatasets;
  /** Keeps the embeddings of classes. */
  readonly store: Store;
  /** Committed steps of the model. */
  readonly step: number;
  /** Threads of a probe, at most. */
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Keeps which class images were taken for. */
  keepConfusion(name: string, judged: Judged): Promise<void>;
}

/** Runs one evaluation of a run document. */
export function evaluateOne(evaluation: Evaluation, parts: EvaluationParts): Promise<EvaluationResult> {
  switch (evaluation.kind) {
    case 'zero-shot':
      return evaluateZeroShot(evaluation, parts);
    case 'linear-probe':
      return evaluateLinearProbe(evaluation, parts);
    case 'few-shot':
      return evaluateFewShot(evaluation, parts);
    case 'retrieval':
      return evaluateRetrieval(evaluation, parts);
  }
}

type Kind<Name extends Evaluation['kind']> = Extract<Evaluation, { readonly kind: Name }>;

async function evaluateZeroShot(
  { name, data: url, templates }: Kind<'zero-shot'>,
  { model, data, store, step, keepConfusion }: EvaluationParts,
): Promise<EvaluationResult> {
  const { dataset, extracted } = await data.get(url);
  const { names: labels } = requireGroups(dataset);
  const truths = truthsOf(dataset, extracted, labels);
  const images = { dataset: dataset.name, labels, truths, embeddings: embeddingsOf(extracted) };
  const { judged } = await zeroShot(model, images, { templates, store });
  const { images: count, ...accuracy } = accuracyOf(judged);
  await keepConfusion(name, judged);
  const { classes, top1, top5, chance } = accuracy;
  return { kind: 'zero-shot', name, step, images: count, classes, top1, top5, chance };
}

async function evaluateLinearProbe(
  { name, train, test, validation, metric, validationShare, seed }: Kind<'linear-probe'>,
  { data, step, threads, signal, keepConfusion }: EvaluationParts,
): Promise<EvaluationResult> {
  const { labels, ...samples } = await probeSamples(train, test, data);
  const chosenBy = validation === undefined ? undefined : await data.get(validation);
  const call: LinearProbeCall = {
    kind: 'linear-probe',
    ...{ labels, metric, threads, validationShare, seed },
    ...samples,
    validation: chosenBy && labelledFeatures(chosenBy.dataset, chosenBy.extracted, labels),
  };
  const { judged, ...fitted } = await fitLinearProbe(call, signal);
  await keepConfusion(name, judged);
  return { kind: 'linear-probe', name, step, ...fitted };
}

async function evaluateFewShot(
  { name, train, test, metric, shots, seeds }: Kind<'few-shot'>,
  { data, step, threads, signal }: EvaluationParts,
): Promise<EvaluationResult> {
  const { labels, ...samples } = await probeSamples(train, test, data);
  const call: FewShotCall = { kind: 'few-shot', ...{ labels, metric, threads, shots, seeds }, ...samples };
  const { points } = await fitFewShot(call, signal);
  const classes = labels.length;
  const images = samples.test.truths.length;
  return { kind: 'few-shot', name, step, images, classes, points: [...points], chance: 1 / classes };
}

async function evaluateRetrieval(
  { name, data: url }: Kind<'retrieval'>,
  { model, data, step, signal }: EvaluationParts,
): Promise<EvaluationResult> {
  const { dataset, extracted } = await data.get(url);
  const { texts, imageOf } = await imageCaptions(dataset, extracted.read);
  const pairs = { images: embeddingsOf(extracted), texts: await model.embedTexts(texts), imageOf };
  const ranks = await inTurns(retrievalRanks({ ...pairs, width: model.config.embed_dim }), signal);
  return {
    kind: 'retrieval',
    ...{ name, step, images: extracted.read.length, captions: texts.length },
    textOfImage: recall(recallOf(ranks.textForImage)),
    imageOfText: recall(recallOf(ranks.imageForText)),
  };
}

async function probeSamples(
  train: string,
  test: string,
  data: EvaluatedDatasets,
): Promise<Pick<LinearProbeCall, 'labels' | 'train' | 'test'>> {
  const fitted = await data.get(train);
  const judged = await data.get(test);
  const { names: labels } = requireGroups(fitted.dataset);
  const { keys: _keys, ...testSamples } = labelledFeatures(judged.dataset, judged.extracted, labels);
  return { labels, train: labelledFeatures(fitted.dataset, fitted.extracted, labels), test: testSamples };
}

function embeddingsOf({ embeddings }: EvaluatedData['extracted']): Float32Array {
  if (embeddings) return embeddings;
  throw new Error('internal: a CLIP without embeddings');
}

function recall({ at, medianRank }: Recall): RetrievalRecall {
  return { r1: at[1]!, r5: at[5]!, r10: at[10]!, medianRank };
}
