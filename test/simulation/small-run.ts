import { shardPlan, type ShardRange } from '#data/sampling/shard-plan.js';
import type { ContrastiveLoss } from '#model/loss/contrastive-result.js';
import { reductionTree } from '#model/optimizer/reduction-tree.js';
import { sharedFloats } from '#model/parameters/shared-floats.js';
import { seededRandom } from '#model/parameters/seeded-random.js';
import { updatedTensors } from '#model/parameters/trainable-parameters.js';
import { partsOf, type BackpropTask, type EncodeTask } from '#protocol/pool/task.js';
import { parseRunConfig, type RunConfig } from '#protocol/run/run-config.js';
import type { DerivedNumbers } from '#protocol/run/run-status.js';
import { encodeFloat32, float32Values } from '#store/safetensors/safetensors.js';
import type { Optimizer } from '../../apps/coordinator/src/training/optimizer/optimizer.js';
import { lossParametersOf } from '../../apps/coordinator/src/training/state/training-state.js';

/** The run that all schedules train: real in its documents and blobs, made up in its numbers. */
export interface SmallRun {
  readonly id: string;
  readonly config: RunConfig;
  readonly shards: readonly ShardRange[];
}

export function smallRun(shards = 3, verifyShare = 0): SmallRun {
  const config = parseRunConfig({
    name: 'small',
    seed: 3,
    model: {
      embed_dim: 2,
      vision_cfg: { image_size: 8, layers: 1, width: 8, patch_size: 8, head_width: 8, mlp_ratio: 1 },
      text_cfg: { context_length: 3, vocab_size: 514, width: 8, heads: 1, layers: 1, mlp_ratio: 1 },
    },
    train: { only: ['visual.proj', 'text_projection', 'logit_scale'] },
    tokenizer: { kind: 'bpe', vocabulary: 514 },
    data: { train: 'none' },
    batch: Math.max(9, shards),
    shards,
    steps: 7,
    optimizer: { learningRate: 0.05, clipNorm: 1 },
    schedule: { warmupSteps: 2 },
    checkpoint: { everySteps: 2, keep: 2 },
    limits: { attempts: 30, verifyShare },
  });
  return { id: 'small', config, shards: shardPlan(config) };
}

export const noNumbers: DerivedNumbers = {
  parameters: 0,
  trainPairs: 0,
  shards: 0,
  shardSizes: [],
  microBatch: 0,
  stepsPerEpoch: 1,
  epochs: 0,
  embeddingBytesPerStep: 0,
  gradientBytesPerShard: 0,
  parameterBytes: 0,
};

/** The result of encode: the rows of a shard depend on the parameters, the step and the shard. */
export function madeUpEmbeddings({ config, shards }: SmallRun, task: EncodeTask, hash: string): Uint8Array {
  const d = config.model.embed_dim;
  const rows = partsOf(task).map(({ step, shard }) => {
    const { normal } = draws(`${hash} ${step} ${shard}`);
    const count = shards[shard]!.size * d;
    return { image: normal(count), text: normal(count) };
  });
  const joined = (tower: 'image' | 'text') => {
    const data = Float32Array.from(rows.flatMap((of) => [...of[tower]]));
    return { shape: [data.length / d, d], data };
  };
  return encodeFloat32({ image: joined('image'), text: joined('text') });
}

/**
 * The result of backprop: the sum over the task's shards, in the order of the reduction tree. `blob`: the gradients of
 * the embeddings.
 */
export async function madeUpSum(
  run: SmallRun,
  task: BackpropTask,
  hash: string,
  blob: Uint8Array,
): Promise<Uint8Array> {
  const { add } = plainOptimizer();
  const sum = reductionTree<Uint8Array>(task.shards, async (left, right) => (await add(left, right), left));
  const d = run.config.model.embed_dim;
  const all = Object.values(float32Values(blob));
  for (const [at, { step, shard }] of partsOf(task).entries()) {
    const from = run.shards[shard]!.offset - run.shards[task.gradients.shard]!.offset;
    const rows = all.map((values) => values.subarray(from * d, (from + run.shards[shard]!.size) * d).join());
    await sum.put(at, madeUpGradients(run, `${hash} ${step} ${shard} ${rows.join()}`));
  }
  return sum.root();
}

/** The gradients of a shard: they depend also on the gradients of its rows. */
function madeUpGradients({ config }: SmallRun, text: string): Uint8Array {
  const { normal } = draws(text);
  const tensors = updatedTensors(config).map(({ name, shape }) => {
    const count = shape.reduce((product, side) => product * side, 1);
    const data = name === 'logit_scale' ? new Float32Array(count) : normal(count);
    return [name, { shape, data }] as const;
  });
  return encodeFloat32(Object.fromEntries(tensors));
}

function draws(text: string): { normal(count: number): Float32Array } {
  const { uniform } = seededRandom(1, text);
  // Of many sizes, so that sums in another order have other bits.
  return { normal: (count) => Float32Array.from({ length: count }, () => (uniform() - 0.5) * 2 ** (uniform() * 12)) };
}

/** A loss that mixes all rows. */
export function madeUpLoss({ config }: SmallRun): ContrastiveLoss {
  return {
    async run({ images, texts }, { logit_scale }) {
      let sum = 0;
      for (let i = 0; i < images.length; i++) sum += images[i]! * texts[images.length - 1 - i]!;
      const loss = logit_scale + Math.tanh(sum);
      const mixed = (values: Float32Array): Float32Array => {
        const gradients = sharedFloats(values.length);
        values.forEach((value, i) => (gradients[i] = value * loss + sum));
        return gradients;
      };
      const accuracy = Math.abs(Math.sin(sum));
      const lossGradients = { logit_scale: sum / config.batch };
      return { loss, accuracy, imageGradients: mixed(texts), textGradients: mixed(images), lossGradients };
    },
    dispose: () => Promise.resolve(),
  };
}

/** An optimizer with momentum, without threads: an update that is left out or made twice shows. */
export function plainOptimizer(): Optimizer {
  return {
    async add(left, right) {
      const [sums, others] = [float32Values(left), float32Values(right)];
      for (const [name, sum] of Object.entries(sums)) sum.forEach((value, i) => (sum[i] = value + others[name]![i]!));
    },
    async norm(gradient) {
      const squares = Object.values(float32Values(gradient)).flatMap((values) => [...values].map((g) => g * g));
      return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    },
    async adamW({ step, parameters, moments }, gradient, { learningRate, gradientFactor }) {
      const [values, means] = [float32Values(parameters), float32Values(moments)];
      for (const [name, gradients] of Object.entries(float32Values(gradient))) {
        const [first, second] = [means[`exp_avg/${name}`]!, means[`exp_avg_sq/${name}`]!];
        gradients.forEach((g, i) => {
          first[i] = 0.9 * first[i]! + gradientFactor * g;
          second[i] = 0.98 * second[i]! + g * g;
          values[name]![i] = values[name]![i]! - learningRate * first[i];
        });
      }
      return { step: step + 1, parameters, moments, lossParameters: lossParametersOf(parameters) };
    },
    close: () => Promise.resolve(),
  };
}
