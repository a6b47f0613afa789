import { z } from 'zod';

const masks = {
  maskSameCaption: z
    .boolean()
    .default(false)
    .describe(
      'Do not treat two pairs with the same caption (the same tokens) as negatives of each other: ' +
        'their two logits are left out of the loss.',
    ),
  maskSameImage: z.boolean().default(false).describe('The same for two pairs with the same image file.'),
};

/** The loss of a run and which pairs of a batch it treats as negatives. */
export const lossSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('softmax'),
    labelSmoothing: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe(
        'Label smoothing: this share of each target is spread evenly over all texts (or images) that ' +
          'are not masked, the positive included.',
      ),
    ...masks,
  }),
  z.strictObject({ kind: z.literal('sigmoid'), ...masks }),
]);
export type LossConfig = z.output<typeof lossSchema>;
export type LossKind = LossConfig['kind'];

/** The loss of a document that says nothing about it. */
export function defaultLoss(model: ModelBias): LossConfig {
  return lossSchema.parse({ kind: defaultLossKind(model) });
}

interface ModelBias {
  readonly init_logit_bias?: number | undefined;
}

/**
 * The kind of loss of a document that names none: sigmoid if the model has a logit bias, else softmax. (A bias added to
 * all logits does not change a softmax.)
 */
export function defaultLossKind(model: ModelBias): LossKind {
  return model.init_logit_bias === undefined ? 'softmax' : 'sigmoid';
}
