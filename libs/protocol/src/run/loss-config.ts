import { z } from 'zod';

const masks = {
  maskSameCaption: z
    .boolean()
    .default(false)
    .describe(
      'Two pairs with the same caption, the same tokens, are no wrong answer to each other: their two ' +
        'logits are left out.',
    ),
  maskSameImage: z.boolean().default(false).describe('The same for two pairs with the same image, the same file.'),
};

/** The loss of a run, and how it looks at the pairs of a batch. */
export const lossSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('softmax'),
    labelSmoothing: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe(
        'Share of each answer that is spread evenly over all texts (images) that are not left out, the ' +
          'right one among them.',
      ),
    ...masks,
  }),
  z.strictObject({ kind: z.literal('sigmoid'), ...masks }),
]);
export type LossConfig = z.output<typeof lossSchema>;
export type LossKind = LossConfig['kind'];

/**
 * The loss of a document that names none: sigmoid where the model has a bias of the logits, which softmax would not
 * see.
 */
export function defaultLoss(model: { readonly init_logit_bias?: number | undefined }): LossConfig {
  return lossSchema.parse({ kind: model.init_logit_bias === undefined ? 'softmax' : 'sigmoid' });
}
