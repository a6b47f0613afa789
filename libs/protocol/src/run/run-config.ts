import { z } from 'zod';
import { documentShapeProblem } from '../input/document-shape.js';
import { shownJson } from '../input/shown.js';
import { configError, describeIssue } from './config-problems.js';
import { dataProblems, dataSchema } from './data-config.js';
import { evaluationProblems, evaluationSchema, evaluationsOf } from './evaluation-config.js';
import { initialWeights, initialWeightsSchema, type InitialWeights } from './initial-weights.js';
import { unmatchedPatterns, type PatternedParameter } from './parameter-pattern.js';
import { defaultLoss, defaultLossKind, lossSchema, type LossConfig } from './loss-config.js';
import type { Problem } from '../tandem-error.js';
import { textConfigSchema, textProblems } from './text-config.js';
import { trainableProblems, trainableSchema } from './trainable.js';
import { isResNet, resNetWidth, visionConfigSchema } from './vision-config.js';

/** A model config in open_clip's terms: the same keys and meanings as its model_configs/*.json. */
export const clipConfigSchema = z.strictObject({
  embed_dim: z.int().min(1).max(8192).describe('Dimension d of the shared embedding space.'),
  quick_gelu: z.boolean().default(false).describe('Use QuickGELU, x·sigmoid(1.702x), instead of the exact (erf) GELU.'),
  init_logit_scale: z
    .number()
    .min(0)
    .max(Math.log(100))
    .optional()
    .describe(
      'Initial value of logit_scale, which is the logarithm of the factor on the similarities; ' +
        'ln(1/0.07) if left out. SigLIP uses ln 10.',
    ),
  init_logit_bias: z
    .number()
    .optional()
    .describe(
      'Initial value of logit_bias, which is added to the scaled similarities; without this key the ' +
        'model has none. SigLIP uses -10.',
    ),
  vision_cfg: visionConfigSchema,
  text_cfg: textConfigSchema,
});
export type ClipConfig = z.output<typeof clipConfigSchema>;
/** As people write it, before defaults are filled in. */
export type ClipConfigInput = z.input<typeof clipConfigSchema>;

/** A model and its name. */
export interface NamedModel {
  readonly name: string;
  readonly config: ClipConfig;
}

/** The models that are known by name. */
export interface ModelZoo {
  /** Finds a model by its name or another spelling of it. */
  find(name: string): NamedModel | undefined;
  /** Known names that are similar to an unknown one, most similar first. */
  nearest(name: string): readonly string[];
  /** Every parameter of a model. */
  parameters(config: ClipConfig): readonly PatternedParameter[];
}

const positive = z.number().positive();
/** Text such as a path, a URL or a prompt. None of these is ever longer. */
const line = z.string().min(1).max(4096);
const fraction = z.number().min(0).max(1);

const documentSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'lower-case letters, digits and -, at most 48')
    .describe('Name of the run.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0)
    .describe('Decides the initial parameters, the order of the pairs and the augmentation.'),
  store: line
    .optional()
    .describe("Where to keep the run: file:DIR or s3://BUCKET/PREFIX. If left out, the coordinator's store."),
  model: z
    .union([z.string().max(4096), clipConfigSchema])
    .describe(
      'A model name (`tandem models` lists them), the path of a .json or .yaml file with ' +
        "open_clip's keys, or those keys themselves. With `tandem train` and `tandem submit` it may " +
        'be left out if `init` names weights; the run then trains their model.',
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
            'Vocabulary size, start and end tokens included. The merges are learned from the captions of ' +
              'data.train, or taken from init if it provides the text tower.',
          ),
      }),
    ])
    .default({ kind: 'clip' })
    .describe("clip: CLIP's own tokenizer. bpe: a smaller vocabulary learned for this run."),
  data: dataSchema,
  batch: z.int().min(2).max(1_048_576).describe('Global batch size N: pairs per step.'),
  shards: z
    .int()
    .min(1)
    .max(65_536)
    .optional()
    .describe('Number of shards S that the batch is split into; their sizes differ by at most one.'),
  shardSize: z
    .int()
    .min(1)
    .optional()
    .describe('Pairs per shard n, instead of `shards`; the last shard is smaller if n does not divide N.'),
  microBatch: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Micro-batch size b: pairs run through a tower at once; the whole shard if left out. The ' +
        'batch norms of a ResNet normalise over a micro-batch.',
    ),
  precision: z
    .enum(['float32', 'float16', 'bfloat16'])
    .default('float32')
    .describe(
      "What the towers' matmuls are computed in; parameters, sums, softmax, norms and the loss stay " +
        'float32. float16 needs workers on webgpu or cuda, bfloat16 on cuda.',
    ),
  gradients: z
    .strictObject({
      precision: z
        .enum(['float32', 'bfloat16'])
        .default('float32')
        .describe(
          'What gradients travel in from workers to the coordinator. bfloat16 halves the bytes and is not exact: a ' +
            'worker rounds each sum that it sends to 8 binary digits, to nearest, ties to even. All sums are formed ' +
            'in float32. So the bits also depend on which worker had which shards.',
        ),
    })
    .optional(),
  loss: lossSchema
    .optional()
    .describe(
      "softmax: CLIP's cross-entropy over all texts for each image and all images for each text. " +
        "sigmoid: SigLIP's binary loss on every image-text pair. If left out: sigmoid for a model " +
        'with init_logit_bias, else softmax.',
    ),
  train: trainableSchema.optional(),
  steps: z
    .int()
    .min(0)
    .max(100_000_000)
    .describe('Optimizer steps of the whole run; 0 to evaluate the weights of `init` and train nothing.'),
  optimizer: z
    .strictObject({
      kind: z.literal('adamw').default('adamw'),
      learningRate: positive.max(1).default(5e-4).describe('Peak learning rate.'),
      beta1: z.number().min(0).lt(1).default(0.9).describe('Decay rate of the running mean of gradients.'),
      beta2: z.number().min(0).lt(1).default(0.98).describe('Decay rate of the running mean of squared gradients.'),
      epsilon: positive.default(1e-6).describe('Added to the square root of the running mean of squared gradients.'),
      weightDecay: z
        .number()
        .min(0)
        .max(10)
        .default(0.2)
        .describe(
          'Decoupled weight decay, applied to parameters of two or more dimensions except position and ' +
            'class embeddings.',
        ),
      clipNorm: positive
        .optional()
        .describe(
          'If the global gradient norm exceeds this, gradients are scaled down to it. No clipping if left out.',
        ),
    })
    .prefault({}),
  schedule: z
    .strictObject({
      kind: z
        .enum(['cosine', 'constant'])
        .default('cosine')
        .describe('Learning rate after warm-up: cosine decays it to 0 along half a cosine, constant keeps the peak.'),
      warmupSteps: z.int().min(0).default(0).describe('Steps over which the learning rate rises linearly to its peak.'),
    })
    .prefault({}),
  evaluation: evaluationSchema.prefault({}),
  checkpoint: z
    .strictObject({
      everySteps: z.int().min(1).default(500).describe('Write a checkpoint every this many steps, and one at the end.'),
      keep: z.int().min(1).default(3).describe('Number of checkpoints to keep; older ones are removed.'),
      keepBest: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe(
          'Name of an evaluation. The checkpoint with its best result is written and kept besides these, whenever it ' +
            'is evaluated: by top-1 accuracy, of few-shot that with the most images, of a retrieval the mean of both ' +
            'R@1.',
        ),
    })
    .prefault({}),
  tensorboard: z
    .boolean()
    .default(false)
    .describe(
      "Write TensorBoard's event files, in the folder `tensorboard` of the run. It changes no number of the run.",
    ),
  priority: z
    .int()
    .min(0)
    .max(100)
    .default(0)
    .describe(
      'Of the runs that share the pool, those of the highest priority get workers first; those of the same priority ' +
        'get equal shares. It changes no number of the run.',
    ),
  limits: z
    .strictObject({
      leaseMs: z
        .int()
        .min(500)
        .default(1000)
        .describe(
          'If a worker gives no sign of life for this long, its tasks are given to others. Workers give one every ' +
            '250 ms, from a thread of their own. Of several runs that train at once, the shortest counts.',
        ),
      attempts: z.int().min(1).max(100).default(8).describe('How often a shard is tried before the run stops.'),
      stragglerFactor: z
        .number()
        .min(1.2)
        .max(1000)
        .default(2)
        .describe(
          'A task that takes this many times as long as its peers is also given to a worker that has nothing to do. ' +
            'The first answer counts; both have the same bits.',
        ),
      verifyShare: fraction
        .default(0)
        .describe(
          'This share of the tasks, chosen by seed and step, is done by two workers that compute alike, and their ' +
            'results must have the same bits. If they differ, a third decides, and the one that is wrong gets no ' +
            'more tasks until it is started again. It costs this share of the computation. Where no two such ' +
            'workers are, nothing is compared.',
        ),
      outageMs: z
        .int()
        .min(0)
        .default(3_600_000)
        .describe(
          'How long a run waits and tries again while its store or Redis does not work, before it fails. A run that ' +
            'has failed can be resumed.',
        ),
      badSampleShare: fraction
        .default(0.05)
        .describe(
          'If a larger share of the samples of a shard is unreadable, the run stops. Up to 8 per shard ' +
            'are always allowed.',
        ),
    })
    .prefault({}),
});

/** The run document: every setting that decides the numbers of a run, and nothing else. */
export const runConfigSchema = documentSchema.refine(
  (document) => (document as Partial<z.output<typeof documentSchema>> | null)?.steps !== 0 || isEvaluated(document),
  {
    path: ['steps'],
    error: 'expected a number >=1, or 0 with weights to evaluate in `init` and something to evaluate in `evaluation`',
    when: () => true, // Beside the other problems of a document.
  },
);

/** Does a document name weights, and what is to be evaluated? It may be of any shape. */
function isEvaluated(document: unknown): boolean {
  const { init, evaluation } = document as { readonly init?: unknown; readonly evaluation?: object };
  const lists = Object.values(evaluation ?? {}).filter((one) => Array.isArray(one));
  return init !== undefined && lists.some((list) => list.length > 0);
}

/** As people write it, before defaults are filled in. */
export type RunConfigInput = z.input<typeof runConfigSchema>;
/** A run document with its defaults filled in and its model resolved to a config. This is what is kept with the run. */
export type RunConfig = Omit<z.output<typeof runConfigSchema>, 'model' | 'init' | 'loss'> & {
  readonly model: ClipConfig;
  readonly loss: LossConfig;
  readonly modelName: string;
  readonly init?: InitialWeights;
};

/**
 * Validates a run document and fills in its defaults. `zoo` resolves model names and lists a model's parameters;
 * without it the model must be given as a config, and parameter patterns are not checked. Throws a single
 * CONFIG_INVALID error that lists every problem with path, value and allowed range.
 */
export function parseRunConfig(document: unknown, zoo?: ModelZoo): RunConfig {
  const shapeProblem = documentShapeProblem(document);
  if (shapeProblem) throw configError('run document', [shapeProblem]);
  const parsed = runConfigSchema.safeParse(withKinds(document, zoo));
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
    ...dataProblems(config),
    ...crossFieldProblems(config),
    ...patternProblems(config, zoo),
  ];
  if (problems.length > 0) throw configError('run document', problems);
  return config;
}

/** The document with the kinds that it leaves out: of its loss, which its model implies, and of its tokenizer. */
function withKinds(document: unknown, zoo: ModelZoo | undefined): unknown {
  if (!isMap(document)) return document;
  const { loss, tokenizer, model } = document;
  const named = typeof model === 'string' ? zoo?.find(model)?.config : isMap(model) ? model : undefined;
  return {
    ...document,
    ...(isMap(loss) && { loss: { kind: defaultLossKind(named ?? {}), ...loss } }),
    ...(isMap(tokenizer) && { tokenizer: { kind: 'clip', ...tokenizer } }),
  };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Validates a model config with open_clip's keys and fills in its defaults. Throws CONFIG_INVALID with every problem;
 * `source` is the place the message names.
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

/** Quotes an unknown model name and suggests the most similar known ones. */
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
  for (const { path, message } of textProblems(text)) refuse(`text_cfg.${path}`, message);
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
  if (text.eos_id !== undefined && text.eos_id !== text.vocab_size - 1) {
    refuse(
      'model.text_cfg.eos_id',
      `expected vocab_size − 1 = ${text.vocab_size - 1}, the end token of the run's tokenizer, got ${text.eos_id}`,
    );
  }
  const { keepBest } = config.checkpoint;
  problems.push(...evaluationProblems(config.evaluation));
  if (
    keepBest !== undefined &&
    !evaluationsOf(config.evaluation).some(({ evaluation }) => evaluation.name === keepBest)
  )
    refuse('checkpoint.keepBest', `expected the name of an evaluation in evaluation, got "${keepBest}"`);
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
