import { z } from 'zod';
import { documentShapeProblem } from '../input/document-shape.js';
import { problemsShownMax } from '../input/input-limits.js';
import { shownJson, shownList } from '../input/shown.js';
import { initialWeights, initialWeightsSchema, type InitialWeights } from './initial-weights.js';
import { unmatchedPatterns, type PatternedParameter } from './parameter-pattern.js';
import { lossSchema, defaultLoss, type LossConfig } from './loss-config.js';
import { ErrorCode, TandemError, type Problem } from '../tandem-error.js';
import { textConfigSchema } from './text-config.js';
import { trainableProblems, trainableSchema } from './trainable.js';
import { isResNet, resNetWidth, visionConfigSchema } from './vision-config.js';

/** A model in open_clip's terms: the keys and meanings of its model_configs/*.json. */
export const clipConfigSchema = z.strictObject({
  embed_dim: z.int().min(1).max(8192).describe('Width d of the shared embedding space.'),
  quick_gelu: z.boolean().default(false).describe('x·sigmoid(1.702x) in place of the erf GELU.'),
  init_logit_scale: z
    .number()
    .min(0)
    .max(Math.log(100))
    .optional()
    .describe(
      "What logit_scale, the logarithm of the similarities' factor, starts from; ln(1/0.07) if left " +
        'out. SigLIP: ln 10.',
    ),
  init_logit_bias: z
    .number()
    .optional()
    .describe(
      'The model has logit_bias, added to each similarity after its factor, and it starts from this. SigLIP: -10.',
    ),
  vision_cfg: visionConfigSchema,
  text_cfg: textConfigSchema,
});
export type ClipConfig = z.output<typeof clipConfigSchema>;
/** As written by people: defaults left out. */
export type ClipConfigInput = z.input<typeof clipConfigSchema>;

/** A model and what it is called. */
export interface NamedModel {
  readonly name: string;
  readonly config: ClipConfig;
}

/** The models that have names. */
export interface ModelZoo {
  /** The model of a name or another spelling of it. */
  find(name: string): NamedModel | undefined;
  /** Names like one that is none, the likeliest first. */
  nearest(name: string): readonly string[];
  /** Every parameter of a model. */
  parameters(config: ClipConfig): readonly PatternedParameter[];
}

const positive = z.number().positive();
/** A path, a URL, a prompt: longer ones are no such thing. */
const line = z.string().min(1).max(4096);
const fraction = z.number().min(0).max(1);
const range01 = z.tuple([positive.max(1), positive.max(1)]);

/** The run document: everything that decides the numbers of a run, and nothing that does not. */
export const runConfigSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'lower-case letters, digits and -, at most 48')
    .describe('Names the run.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0)
    .describe('Decides initial parameters, order of the pairs and augmentation.'),
  store: line.optional().describe("file:DIR or s3://BUCKET/PREFIX; the coordinator's store if left out."),
  model: z
    .union([z.string().max(4096), clipConfigSchema])
    .describe(
      "A model's name (`tandem models` lists them), the path of a .json or .yaml file with " +
        "open_clip's keys, or these keys. A file given to `tandem train` or `submit` may leave it out " +
        'where `init` names weights.',
    ),
  init: initialWeightsSchema.optional(),
  tokenizer: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('clip') }),
      z.strictObject({
        kind: z.literal('bpe'),
        vocabulary: z
          .int()
          .min(514)
          .max(1_000_000)
          .describe(
            'Tokens, start and end included; learned from the captions of data.train, or that of the text ' +
              'tower in init.',
          ),
      }),
    ])
    .default({ kind: 'clip' })
    .describe("CLIP's own tokenizer, or one learned for a small vocabulary."),
  data: z.strictObject({
    train: line.describe('Data set made by `tandem dataset prepare`: a directory, file: or s3: URL.'),
    sampling: z
      .enum(['pairs', 'groups'])
      .default('pairs')
      .describe(
        'pairs: every pair once an epoch. groups: every group (the pairs that share a `group` key) once ' +
          'an epoch, one pair of it drawn at random, so that a batch holds no two pairs of a group; ' +
          'groups that no longer fill a batch sit that epoch out.',
      ),
    captionTooLong: z
      .enum(['truncate', 'skip'])
      .default('truncate')
      .describe('What happens to a caption of more tokens than context_length.'),
    augmentation: z
      .strictObject({
        scale: range01.default([0.9, 1]).describe('Area of the random crop, as a share of the image.'),
        ratio: z
          .tuple([positive, positive])
          .default([0.75, 4 / 3])
          .describe('Aspect ratio of the random crop.'),
        rotateDegrees: z.number().min(0).max(180).default(0).describe('Turned by at most this angle either way.'),
        colorJitter: fraction
          .default(0)
          .describe('Brightness and saturation changed by at most this share, hue by this share of a quarter turn.'),
        grayscale: fraction.default(0).describe('Share of images made grey.'),
        flip: fraction.default(0).describe('Share of images mirrored left to right. CLIP uses 0.'),
      })
      .prefault({}),
  }),
  batch: z.int().min(2).max(1_048_576).describe('N, pairs a step.'),
  shards: z
    .int()
    .min(1)
    .max(65_536)
    .optional()
    .describe('S: the batch is cut into this many shards, sizes differing by at most one.'),
  shardSize: z
    .int()
    .min(1)
    .optional()
    .describe('n: shards of this many pairs, the last one smaller if n does not divide N. In place of `shards`.'),
  microBatch: z
    .int()
    .min(1)
    .optional()
    .describe(
      'b: pairs run through a tower at once; the whole shard if left out. It is what the batch norms of a ResNet see.',
    ),
  precision: z
    .enum(['float32', 'float16', 'bfloat16'])
    .default('float32')
    .describe(
      "What the towers' matrix products are computed in; parameters, sums, softmax, norms and the " +
        'loss stay float32. float16 needs workers on webgpu or cuda, bfloat16 on cuda.',
    ),
  loss: lossSchema
    .optional()
    .describe(
      "softmax, CLIP's, over all texts of an image and all images of a text; sigmoid, SigLIP's, for " +
        'each image with each text by itself. If left out, sigmoid for a model with init_logit_bias, ' +
        'softmax for others.',
    ),
  train: trainableSchema.optional(),
  steps: z.int().min(1).max(100_000_000).describe('Steps of the whole run.'),
  optimizer: z
    .strictObject({
      kind: z.literal('adamw').default('adamw'),
      learningRate: positive.max(1).default(5e-4).describe('Peak learning rate.'),
      beta1: z.number().min(0).lt(1).default(0.9).describe('Decay of the mean of gradients.'),
      beta2: z.number().min(0).lt(1).default(0.98).describe('Decay of the mean of squared gradients.'),
      epsilon: positive.default(1e-6).describe('Added to the root of the mean of squared gradients.'),
      weightDecay: z
        .number()
        .min(0)
        .max(10)
        .default(0.2)
        .describe('Decoupled; on parameters of two or more dimensions that are not position or class embeddings.'),
      clipNorm: positive.optional().describe('Global gradient norm is scaled down to this.'),
    })
    .prefault({}),
  schedule: z
    .strictObject({
      kind: z
        .enum(['cosine', 'constant'])
        .default('cosine')
        .describe('Learning rate after warm-up: down to 0 along half a cosine, or the peak throughout.'),
      warmupSteps: z.int().min(0).default(0).describe('Steps over which the learning rate rises to its peak.'),
    })
    .prefault({}),
  evaluation: z
    .strictObject({
      everySteps: z
        .int()
        .min(1)
        .optional()
        .describe('Zero-shot evaluation each so many steps; at the end only if left out.'),
      zeroShot: z
        .array(
          z.strictObject({
            name: z.string().min(1).max(200).describe('Names the result.'),
            data: line.describe('Data set whose pairs carry a `group` key: the class.'),
            templates: z
              .array(line.includes('{}'))
              .min(1)
              .max(1000)
              .default(['a photo of a {}.'])
              .describe('Prompts; {} is the class. A class is the mean of its prompts.'),
          }),
        )
        .max(100)
        .default([])
        .describe('Zero-shot classifications to run.'),
    })
    .prefault({}),
  checkpoint: z
    .strictObject({
      everySteps: z.int().min(1).default(500).describe('A checkpoint each so many steps, and one at the end.'),
      keep: z.int().min(1).default(3).describe('Checkpoints kept; older ones are removed.'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      leaseMs: z
        .int()
        .min(1000)
        .default(30_000)
        .describe('A task whose worker has not renewed its lease for this long is given to another.'),
      attempts: z.int().min(1).max(100).default(8).describe('Times a shard is tried before the run stops.'),
      badSampleShare: fraction.default(0.05).describe('Share of unreadable samples in a shard at which the run stops.'),
    })
    .prefault({}),
});

/** As written by people: defaults left out. */
export type RunConfigInput = z.input<typeof runConfigSchema>;
/** Defaults filled in, model resolved to a config. What is kept with the run. */
export type RunConfig = Omit<z.output<typeof runConfigSchema>, 'model' | 'init' | 'loss'> & {
  readonly model: ClipConfig;
  readonly loss: LossConfig;
  readonly modelName: string;
  readonly init?: InitialWeights;
};

/**
 * Read a run document and fill in its defaults. `zoo` resolves a model's name and knows its parameters; without it the
 * model must be a config, and patterns are not looked at. Throws one CONFIG_INVALID error that lists every problem with
 * path, value and allowed range.
 */
export function parseRunConfig(document: unknown, zoo?: ModelZoo): RunConfig {
  const shapeProblem = documentShapeProblem(document);
  if (shapeProblem) throw configError('run document', [shapeProblem]);
  const parsed = runConfigSchema.safeParse(document);
  if (!parsed.success)
    throw configError(
      'run document',
      parsed.error.issues.flatMap((issue) => describeIssue(issue, document)),
    );
  const { model, init, loss, ...rest } = parsed.data;
  const named = typeof model === 'string' ? zoo?.find(model) : { name: 'custom', config: model };
  if (!named)
    throw configError('run document', [
      { path: 'model', message: `expected a model's name or a config, got ${unknownModel(model as string, zoo)}` },
    ]);
  const config: RunConfig = {
    ...rest,
    model: named.config,
    modelName: named.name,
    loss: loss ?? defaultLoss(named.config),
    ...(init !== undefined && { init: initialWeights(init) }),
  };
  const problems = [
    ...modelProblems(config.model, 'model.'),
    ...crossFieldProblems(config),
    ...patternProblems(config, zoo),
  ];
  if (problems.length > 0) throw configError('run document', problems);
  return config;
}

/**
 * Read a model's config, open_clip's keys, and fill in its defaults. Throws CONFIG_INVALID with every problem; `source`
 * says where it stands.
 */
export function parseClipConfig(document: unknown, source: string): ClipConfig {
  const shapeProblem = documentShapeProblem(document);
  if (shapeProblem) throw configError(`model config in ${source}`, [shapeProblem]);
  const parsed = clipConfigSchema.safeParse(document);
  const problems = parsed.success
    ? modelProblems(parsed.data, '')
    : parsed.error.issues.flatMap((issue) => describeIssue(issue, document));
  if (!parsed.success || problems.length > 0) throw configError(`model config in ${source}`, problems);
  return parsed.data;
}

/** A name that is no model's, with what may have been meant. */
export function unknownModel(name: string, zoo?: ModelZoo): string {
  const nearest = zoo ? `; the nearest names are ${zoo.nearest(name).join(', ')}, \`tandem models\` lists all` : '';
  return `${shownJson(name)}${nearest}`;
}

function modelProblems({ vision_cfg: vision, text_cfg: text }: ClipConfig, prefix: string): Problem[] {
  const problems: Problem[] = [];
  const refuse = (path: string, message: string): void => void problems.push({ path: `${prefix}${path}`, message });
  if (!isResNet(vision) && vision.image_size % vision.patch_size !== 0) {
    refuse('vision_cfg.patch_size', `expected a divisor of image_size ${vision.image_size}, got ${vision.patch_size}`);
  }
  const [divisibleName, divisible] = isResNet(vision) ? ['32 · width =', resNetWidth(vision)] : ['width', vision.width];
  if (divisible % vision.head_width !== 0) {
    refuse('vision_cfg.head_width', `expected a divisor of ${divisibleName} ${divisible}, got ${vision.head_width}`);
  }
  if (text.width % text.heads !== 0)
    refuse('text_cfg.heads', `expected a divisor of width ${text.width}, got ${text.heads}`);
  return problems;
}

function crossFieldProblems(config: RunConfig): Problem[] {
  const problems: Problem[] = [];
  const refuse = (path: string, message: string): void => void problems.push({ path, message });
  const { text_cfg: text } = config.model;
  if ((config.shards === undefined) === (config.shardSize === undefined)) {
    refuse(
      'shards',
      `expected exactly one of shards and shardSize, got ${config.shards === undefined ? 'neither' : 'both'}`,
    );
  }
  if (config.shards !== undefined && config.shards > config.batch) {
    refuse('shards', `expected at most batch = ${config.batch} shards, got ${config.shards}`);
  }
  if (config.shardSize !== undefined && config.shardSize > config.batch) {
    refuse('shardSize', `expected at most batch = ${config.batch} pairs, got ${config.shardSize}`);
  }
  if (config.schedule.warmupSteps > config.steps) {
    refuse('schedule.warmupSteps', `expected at most steps = ${config.steps}, got ${config.schedule.warmupSteps}`);
  }
  if (config.tokenizer.kind === 'clip' && text.vocab_size !== 49_408) {
    refuse(
      'model.text_cfg.vocab_size',
      `expected 49408, the size of CLIP's vocabulary, got ${text.vocab_size}; or set tokenizer.kind to bpe`,
    );
  }
  if (config.tokenizer.kind === 'bpe' && text.vocab_size !== config.tokenizer.vocabulary) {
    refuse(
      'tokenizer.vocabulary',
      `expected model.text_cfg.vocab_size = ${text.vocab_size}, got ${config.tokenizer.vocabulary}`,
    );
  }
  if (config.loss.kind === 'sigmoid' && config.model.init_logit_bias === undefined) {
    refuse(
      'loss.kind',
      'expected softmax for a model without a bias of its logits, got sigmoid; or give the model ' +
        "init_logit_bias: -10 and init_logit_scale: 2.302585, SigLIP's",
    );
  }
  return problems;
}

function patternProblems({ model, init, train }: RunConfig, zoo: ModelZoo | undefined): Problem[] {
  if (!zoo || (!init && !train)) return [];
  const parameters = zoo.parameters(model);
  return [...unmatchedPatterns(init?.only, 'init.only', parameters), ...trainableProblems(train, parameters)];
}

function describeIssue(issue: z.core.$ZodIssue, document: unknown): Problem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return [
      {
        path: path || '(top level)',
        message: `unknown key${issue.keys.length > 1 ? 's' : ''} ${shownList(issue.keys.map(shownJson), ', ')}`,
      },
    ];
  }
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    document,
  );
  if (issue.code === 'invalid_union') {
    const meant = likeliestAlternative(issue.errors);
    if (meant)
      return meant.flatMap((inner) => describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, document));
  }
  return [{ path, message: `${issue.message}, got ${value === undefined ? 'nothing' : shownJson(value)}` }];
}

/**
 * Of the alternatives of a union, each given as its issues with the value, the one with the fewest among those of the
 * value's type.
 */
function likeliestAlternative(alternatives: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const ofItsType = alternatives.filter(
    (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  );
  return ofItsType.sort((a, b) => a.length - b.length)[0];
}

function configError(what: string, all: readonly Problem[]): TandemError {
  const problems = all.slice(0, problemsShownMax);
  const more = all.length - problems.length;
  const lines = [
    ...problems.map(({ path, message }) => `  ${path}: ${message}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `The ${what} has ${all.length} problem${all.length > 1 ? 's' : ''}:\n${lines.join('\n')}`,
    help: 'Every key, its default and its range are in docs/run-document.md.',
    problems,
  });
}
