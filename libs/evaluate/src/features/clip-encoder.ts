import { canonicalJson, sha256 } from '#data/dataset/canonical-json.js';
import { evaluationImage } from '#data/image/evaluation-image.js';
import type { OpenedModel } from '#inference/open-model.js';
import { publishedFlops } from '#model/flops/flops.js';
import type { ImageEncoder } from './image-encoder.js';

/** A CLIP's image tower as a source of features. GFLOP are counted as open_clip counts them. */
export function clipEncoder(
  { model, preparation }: Pick<OpenedModel, 'model' | 'preparation'>,
  name: string,
): ImageEncoder {
  const side = model.config.vision_cfg.image_size;
  return {
    name,
    hash: sha256(canonicalJson([model.version, { ...preparation }])),
    batch: model.batch,
    // To five digits, because a small model has less than 0.01.
    gigaflops: Number((publishedFlops(model.config, 'image') / 1e9).toPrecision(5)),
    prepare: (image) => evaluationImage(image, side, preparation),
    embed: (pixels) => model.imageFeatures(pixels),
    close: () => model.close(),
  };
}
