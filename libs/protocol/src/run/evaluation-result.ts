import { z } from 'zod';

const common = {
  name: z.string(),
  step: z.int().describe('Number of committed steps of the parameters that were evaluated.'),
  images: z.int(),
};

const zeroShotResultSchema = z.strictObject({
  // Earlier versions ran nothing else, and did not say so.
  kind: z.literal('zero-shot').default('zero-shot'),
  ...common,
  classes: z.int(),
  top1: z.number(),
  top5: z.number(),
  chance: z.number(),
});

const linearProbeResultSchema = z.strictObject({
  kind: z.literal('linear-probe'),
  ...common,
  classes: z.int(),
  top1: z.number(),
  top5: z.number(),
  meanPerClass: z.number().describe('Mean over the classes of the share of their images that is right.'),
  chance: z.number(),
  lambda: z.number().describe('The weight of the penalty that was best on the validation images.'),
});

const fewShotResultSchema = z.strictObject({
  kind: z.literal('few-shot'),
  ...common,
  classes: z.int(),
  points: z
    .array(
      z.strictObject({
        shots: z.int().describe('Labelled images of each class.'),
        mean: z.number().describe('Mean of the accuracy over the seeds.'),
        deviation: z.number().describe('Standard deviation of the accuracy over the seeds.'),
      }),
    )
    .min(1),
  chance: z.number(),
});

const recallSchema = z.strictObject({
  r1: z.number(),
  r5: z.number(),
  r10: z.number(),
  medianRank: z.number(),
});

const retrievalResultSchema = z.strictObject({
  kind: z.literal('retrieval'),
  ...common,
  captions: z.int(),
  textOfImage: recallSchema.describe('An image asks for one of its captions: share of ranks of at most 1, 5 and 10.'),
  imageOfText: recallSchema.describe('A caption asks for its image.'),
});

/** The result of one evaluation of a run, after one step. */
export const evaluationResultSchema = z.discriminatedUnion('kind', [
  zeroShotResultSchema,
  linearProbeResultSchema,
  fewShotResultSchema,
  retrievalResultSchema,
]);
export type EvaluationResult = z.infer<typeof evaluationResultSchema>;
export type ZeroShotResult = z.infer<typeof zeroShotResultSchema>;
export type RetrievalRecall = z.infer<typeof recallSchema>;

export function isZeroShot(result: EvaluationResult): result is ZeroShotResult {
  return result.kind === 'zero-shot';
}

/** A number by which two results of one evaluation are compared; more is better. */
interface EvaluationScore {
  /** What it is, such as `top-1`. */
  readonly name: string;
  readonly value: number;
}

/** Top-1 accuracy; of few-shot that with the most images, of a retrieval the mean of both R@1. */
export function scoreOfResult(result: EvaluationResult): EvaluationScore {
  switch (result.kind) {
    case 'zero-shot':
    case 'linear-probe':
      return { name: 'top-1', value: result.top1 };
    case 'few-shot': {
      const { shots, mean } = result.points.at(-1)!;
      return { name: `accuracy with ${shots} images of each class`, value: mean };
    }
    case 'retrieval':
      return { name: 'mean R@1', value: (result.textOfImage.r1 + result.imageOfText.r1) / 2 };
  }
}
