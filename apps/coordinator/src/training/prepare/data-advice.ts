import { captionCensus } from '#data/dataset/caption-census.js';
import type { Dataset } from '#data/dataset/dataset.js';
import { trainingAdvice } from '#data/dataset/training-advice.js';
import { imageSize } from '#data/image/decode-image.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { TandemError } from '#protocol/tandem-error.js';

/** Captions that are looked at: enough to see what a batch holds, and a second's work. */
const captionsMax = 100_000;
const imagesMax = 32;

/** What in a data set trains badly with a run, in sentences. */
export async function adviceFor(config: RunConfig, dataset: Dataset): Promise<string[]> {
  const { batch, loss, data, model } = config;
  const contextLength = model.text_cfg.context_length;
  const census = captionCensus(contextLength);
  let looked = 0;
  for await (const caption of dataset.captions()) {
    census.add(caption);
    if (++looked === captionsMax) break;
  }
  const { distinctCaptions, longShare } = census.counts();
  return trainingAdvice(
    {
      pairs: dataset.pairs,
      distinctCaptions,
      // The census measures in CLIP's tokens, and a run that leaves long captions out has heard of them.
      longShare: config.tokenizer.kind === 'clip' && data.captionTooLong === 'truncate' ? longShare : undefined,
      medianSide: await medianSide(dataset),
    },
    {
      batch,
      isCaptionMasked: loss.maskSameCaption || data.sampling === 'groups' || loss.kind === 'sigmoid',
      contextLength,
      imageSide: model.vision_cfg.image_size,
    },
  );
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
