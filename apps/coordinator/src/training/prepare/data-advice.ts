import { captionCensus } from '#data/dataset/caption-census.js';
import type { Dataset } from '#data/dataset/dataset.js';
import { trainingAdvice } from '#data/dataset/training-advice.js';
import { imageSize } from '#data/image/decode-image.js';
import type { TokenizerDocument } from '#data/text/tokenizer-document.js';
import { clipTokenizer, tokenizerFromDocument, type Tokenizer } from '#data/text/tokenizer.js';
import { evaluationsOf } from '#protocol/run/evaluation-config.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { TandemError } from '#protocol/tandem-error.js';

/** Captions that are looked at: enough to see what a batch holds, and a second's work. */
const captionsMax = 100_000;
const imagesMax = 32;

/**
 * What in a data set trains badly with a run, and what is seldom meant in its document, in sentences. `made`: the
 * run's own tokenizer, if it is known.
 */
export async function adviceFor(config: RunConfig, dataset: Dataset, made?: TokenizerDocument): Promise<string[]> {
  const { batch, steps, loss, data, model, tokenizer } = config;
  const contextLength = model.text_cfg.context_length;
  const openTokenizer =
    tokenizer.kind === 'clip' ? clipTokenizer : made && ((): Tokenizer => tokenizerFromDocument(made));
  // A run that leaves long captions out has heard of them.
  const isMeasured = openTokenizer !== undefined && data.captionTooLong === 'truncate';
  const census = captionCensus(isMeasured ? contextLength : Infinity, openTokenizer);
  let looked = 0;
  for await (const caption of dataset.captions()) {
    census.add(caption);
    if (++looked === captionsMax) break;
  }
  const { distinctCaptions, longShare } = census.counts();
  const advice = trainingAdvice(
    {
      pairs: dataset.pairs,
      distinctCaptions,
      longShare: isMeasured ? longShare : undefined,
      medianSide: await medianSide(dataset),
    },
    {
      batch,
      steps,
      isCaptionMasked: loss.maskSameCaption || data.sampling === 'groups' || loss.kind === 'sigmoid',
      contextLength,
      imageSide: model.vision_cfg.image_size,
    },
  );
  return choosesFromOne(config)
    ? [...advice, 'checkpoint.keepBest has only one result to choose from: set evaluation.everySteps.']
    : advice;
}

/** Whether the evaluation that `checkpoint.keepBest` names runs at the end only. */
export function choosesFromOne({
  checkpoint: { keepBest },
  evaluation,
}: Pick<RunConfig, 'checkpoint'> & { readonly evaluation: Partial<RunConfig['evaluation']> }): boolean {
  const judge = evaluationsOf(evaluation).find((one) => one.evaluation.name === keepBest)?.evaluation;
  return keepBest !== undefined && (judge?.everySteps ?? evaluation.everySteps) === undefined;
}

/** Of images spread over the data set; undefined if none of them has a header that can be read. */
async function medianSide(dataset: Dataset): Promise<number | undefined> {
  const count = Math.min(imagesMax, dataset.pairs);
  const sides: number[] = [];
  for (let at = 0; at < count; at++) {
    const { image } = await dataset.sample(Math.floor((at * dataset.pairs) / count));
    const size = await imageSize(image).catch((thrown: unknown) => {
      if (thrown instanceof TandemError) return undefined;
      throw thrown;
    });
    if (size) sides.push(Math.min(size.width, size.height));
  }
  return sides.sort((one, other) => one - other)[sides.length >> 1];
}
