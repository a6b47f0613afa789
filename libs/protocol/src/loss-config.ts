import { z } from 'zod';

/** The loss of a run, and how it looks at the pairs of a batch. */
export const lossSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('softmax') }),
  z.strictObject({ kind: z.literal('sigmoid') }),
]);
export type LossConfig = z.output<typeof lossSchema>;
export type LossKind = LossConfig['kind'];

/** The loss of a document that names none: sigmoid where the model has a bias of the logits, which softmax would not see. */
export function usualLoss(model: { readonly init_logit_bias?: number | undefined }): LossConfig {
  return lossSchema.parse({ kind: model.init_logit_bias === undefined ? 'softmax' : 'sigmoid' });
}
