import { z } from 'zod';
import type { Problem } from '../tandem-error.js';

/** Text such as a path, a URL or a prompt. None of these is ever longer. */
const line = z.string().min(1).max(4096);
const everySteps = z.int().min(1);

/** What the λ of a probe is chosen by: the share of all images, or its mean over the classes. */
export const probeMetricSchema = z.enum(['top1', 'mean-per-class']);

const common = {
  name: z.string().min(1).max(200).describe('Name of the result.'),
  everySteps: everySteps
    .optional()
    .describe('Run this one every this many steps; as often as evaluation.everySteps says if left out.'),
};

const zeroShotSchema = z.strictObject({
  name: common.name,
  data: line.describe('Data set whose pairs carry a `group` key, which is their class.'),
  templates: z
    .array(line.includes('{}'))
    .min(1)
    .max(1000)
    .default(['a photo of a {}.'])
    .describe(
      'Prompt templates; {} is replaced by the class. The embedding of a class is the mean over its ' + 'prompts.',
    ),
  everySteps: common.everySteps,
});

const probed = {
  train: line.describe('Data set that the classifier is fitted to; its groups are the classes.'),
  test: line.describe('Data set that it is judged on, with groups of these names.'),
  metric: probeMetricSchema.default('top1').describe('What λ is chosen by.'),
};

const linearProbeSchema = z.strictObject({
  name: common.name,
  ...probed,
  validation: line
    .optional()
    .describe('Data set that λ is chosen by; a share of each class of the training set if left out.'),
  validationShare: z.number().gt(0).lt(1).default(0.2).describe('That share.'),
  seed: z.int().min(1).default(1).describe('Another number draws other images for that.'),
  everySteps: common.everySteps,
});

const fewShotSchema = z.strictObject({
  name: common.name,
  ...probed,
  shots: z
    .array(z.int().min(1))
    .min(1)
    .max(32)
    .refine((values) => values.every((value, at) => at === 0 || value > values[at - 1]!), 'expected ascending numbers')
    .default([1, 2, 4, 8, 16])
    .describe('Labelled images of each class, ascending.'),
  seeds: z.int().min(1).max(100).default(3).describe('Draws of the images.'),
  everySteps: common.everySteps,
});

const retrievalSchema = z.strictObject({
  name: common.name,
  data: line.describe('Data set of images with their captions.'),
  everySteps: common.everySteps,
});

const many = <Schema extends z.ZodType>(schema: Schema, description: string): z.ZodDefault<z.ZodArray<Schema>> =>
  z.array(schema).max(100).default([]).describe(description);

/** What is evaluated while a run trains, and how often. */
export const evaluationSchema = z.strictObject({
  everySteps: everySteps.optional().describe('Run the evaluations every this many steps; only at the end if left out.'),
  zeroShot: many(zeroShotSchema, 'Zero-shot classifications to run.'),
  linearProbe: many(linearProbeSchema, 'Linear probes of the image features to run.'),
  fewShot: many(fewShotSchema, 'Probes with a few images of each class to run.'),
  retrieval: many(retrievalSchema, 'Retrievals of captions by images, and of images by captions, to run.'),
  features: z
    .array(line)
    .max(100)
    .default([])
    .describe(
      'Data sets whose image features are computed at the end and kept in the store of the run, where ' +
        '`tandem evaluate --store` finds them.',
    ),
});
type EvaluationConfig = z.output<typeof evaluationSchema>;

/** One evaluation of a document, with its kind. */
export type Evaluation =
  | ({ readonly kind: 'zero-shot' } & EvaluationConfig['zeroShot'][number])
  | ({ readonly kind: 'linear-probe' } & EvaluationConfig['linearProbe'][number])
  | ({ readonly kind: 'few-shot' } & EvaluationConfig['fewShot'][number])
  | ({ readonly kind: 'retrieval' } & EvaluationConfig['retrieval'][number]);

/** The keys of the lists of evaluations, with the kind of what is in them. */
export const evaluationLists = {
  zeroShot: 'zero-shot',
  linearProbe: 'linear-probe',
  fewShot: 'few-shot',
  retrieval: 'retrieval',
} as const satisfies Partial<Record<keyof EvaluationConfig, Evaluation['kind']>>;

/** The keys of an evaluation that name data sets. */
export const evaluationPlaces = ['data', 'train', 'test', 'validation'] as const;

/** All evaluations of a document, each with its place in it, such as `evaluation.zeroShot.0`. */
export function evaluationsOf(
  config: Partial<EvaluationConfig>,
): { readonly path: string; readonly evaluation: Evaluation }[] {
  return Object.entries(evaluationLists).flatMap(([list, kind]) =>
    (config[list as keyof typeof evaluationLists] ?? []).map((one, index) => ({
      path: `evaluation.${list}.${index}`,
      evaluation: { kind, ...one } as Evaluation,
    })),
  );
}

/** Results are told apart by their names. */
export function evaluationProblems(config: EvaluationConfig): Problem[] {
  const placeOf = new Map<string, string>();
  return evaluationsOf(config).flatMap(({ path, evaluation: { name } }) => {
    const before = placeOf.get(name);
    if (before === undefined) placeOf.set(name, path);
    return before === undefined
      ? []
      : [{ path: `${path}.name`, message: `expected another name than that of ${before}, got "${name}"` }];
  });
}
