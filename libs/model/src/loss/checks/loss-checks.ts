import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { BatchShape, Embeddings, LossParameters } from '../contrastive-result.js';

/** Throws CONFIG_INVALID if the embeddings do not have the sizes of the batch. */
export function checkSizes({ images, texts }: Embeddings, { batch, width }: BatchShape): void {
  for (const [name, values] of Object.entries({ images, texts })) {
    if (values.length === batch * width) continue;
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message:
        `contrastive loss: expected ${name} of ${batch} × ${width} = ${batch * width} values, got ` +
        `${values.length}`,
    });
  }
}

/** Throws NON_FINITE if the loss is not finite, and names the pair if one of the embeddings is not. */
export function checkFinite(
  loss: number,
  { images, texts }: Embeddings,
  parameters: LossParameters,
  { width }: BatchShape,
): void {
  if (Number.isFinite(loss)) return;
  for (const [name, values] of Object.entries({ image: images, text: texts })) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const pair = Math.floor(at / width);
    throw new TandemError({
      code: ErrorCode.NonFinite,
      message: `expected finite embeddings, got ${values[at]} in the ${name} embedding of pair ${pair} of the batch`,
      help: 'Usually the learning rate is too high or its warm-up too short.',
      context: { pair },
    });
  }
  const at = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  throw new TandemError({
    code: ErrorCode.NonFinite,
    message: `expected a finite loss, got ${loss} from finite embeddings at ${at.join(', ')}`,
    help: 'logit_scale must be finite; it is held within [0, ln 100] after every update.',
  });
}
