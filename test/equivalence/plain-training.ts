import * as tf from '@tensorflow/tfjs';
import { openTrainingDataset } from '#data/dataset/training-dataset.js';
import { loadPairs, type LoadedPairs } from '#data/sampling/pair-loader.js';
import { draws } from '#data/sampling/sampler.js';
import { microBatchPlan, shardPlan } from '#data/sampling/shard-plan.js';
import { trainBpe } from '#data/text/train-bpe.js';
import { encodeImage, encodeText } from '#model/clip.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { learningRate } from '#model/optimizer/learning-rate.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { openStore } from '#store/open-store.js';

export interface PlainStep {
  readonly loss: number;
  readonly gradients: Readonly<Record<string, Float32Array>>;
  /** The statistics that batch norms saw, as means over the N images. */
  readonly seen: Readonly<Record<string, Float32Array>>;
}

export interface PlainOptions {
  readonly start?: Readonly<Record<string, Float32Array>>;
  readonly isTrained?: (parameter: string) => boolean;
}

/**
 * The whole run in one process, as one would write it in plain tfjs: all N pairs in one batch, the full N×N matrix, one
 * graph from pixels to loss, and tfjs's own gradients. It uses no code of the engine, the pool, the tiled loss or the
 * optimizer.
 */
export async function trainPlainly(
  config: RunConfig,
  { start = initialParameters(config.model, config.seed), isTrained = () => true }: PlainOptions = {},
): Promise<{ steps: PlainStep[]; parameters: Record<string, Float32Array> }> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const dataset = await openTrainingDataset(config, openStore);
  const captions: string[] = [];
  for await (const caption of dataset.captions()) captions.push(caption);
  const tokenizer = trainBpe(captions, config.model.text_cfg.vocab_size);
  const specs = parameterSpecs(config.model);
  const parameters = Object.fromEntries(Object.entries(start).map(([name, values]) => [name, values.slice()]));
  const moments = Object.fromEntries(
    specs.map(({ name }) => [name, { first: parameters[name]!.map(() => 0), second: parameters[name]!.map(() => 0) }]),
  );
  const steps: PlainStep[] = [];
  for (let step = 0; step < config.steps; step++) {
    const chosen = draws({
      seed: config.seed,
      step,
      offset: 0,
      size: config.batch,
      batch: config.batch,
      dataset,
      sampling: config.data.sampling,
      blockPairs: config.data.blockPairs,
    });
    const pairs = await loadPairs(chosen, { dataset, tokenizer, config });
    const { loss, gradients, seen } = lossAndGradients(config, parameters, pairs);
    steps.push({ loss, gradients, seen });
    for (const [name, values] of Object.entries(seen))
      parameters[name]!.forEach((value, i, running) => (running[i] = 0.9 * value + 0.1 * values[i]!));
    const { beta1, beta2, epsilon, weightDecay, learningRate: peak } = config.optimizer;
    const rate = learningRate(step, { ...config.schedule, peak, steps: config.steps });
    for (const { name, decay } of specs.filter((spec) => isTrained(spec.name))) {
      const { first, second } = moments[name]!;
      parameters[name]!.forEach((value, i) => {
        const g = gradients[name]![i]!;
        first[i] = beta1 * first[i]! + (1 - beta1) * g;
        second[i] = beta2 * second[i]! + (1 - beta2) * g * g;
        const [m, v] = [first[i] / (1 - beta1 ** (step + 1)), second[i] / (1 - beta2 ** (step + 1))];
        parameters[name]![i] = value * (1 - rate * (decay ? weightDecay : 0)) - (rate * m) / (Math.sqrt(v) + epsilon);
      });
    }
    const scale = parameters['logit_scale']!;
    scale[0] = Math.min(Math.max(scale[0]!, 0), Math.log(100));
  }
  return { steps, parameters };
}

/** The mask of the loss, [N, N]: 0 for image i and text j of two pairs that count as equal, and 1 elsewhere. */
function keptPairs(
  { batch: N, loss, model }: RunConfig,
  { tokens, imageKeys }: Pick<LoadedPairs, 'tokens' | 'imageKeys'>,
): number[][] {
  const length = model.text_cfg.context_length;
  const rows = Array.from({ length: N }, (_, i) => ({
    caption: tokens.slice(i * length, (i + 1) * length).join(),
    image: imageKeys.slice(i * 16, (i + 1) * 16).join(),
  }));
  const isSame = (i: number, j: number): boolean =>
    (loss.maskSameCaption && rows[i]!.caption === rows[j]!.caption) ||
    (loss.maskSameImage && rows[i]!.image === rows[j]!.image);
  return rows.map((_, i) => rows.map((__, j) => (i !== j && isSame(i, j) ? 0 : 1)));
}

function softmaxLoss(S: tf.Tensor2D, kept: tf.Tensor2D, smoothing: number): tf.Scalar {
  const N = S.shape[0];
  const masked = tf.add(S, tf.mul(tf.sub(1, kept), -1e9));
  const right = tf.mul(1 - smoothing, tf.eye(N));
  const [ofRows, ofColumns] = [1, 0].map((axis) => {
    const targets = tf.add(right, tf.mul(smoothing, tf.div(kept, tf.sum(kept, axis, true))));
    return tf.sub(tf.sum(tf.logSumExp(masked, axis)), tf.sum(tf.mul(targets, S)));
  }) as [tf.Scalar, tf.Scalar];
  return tf.div(tf.add(ofRows, ofColumns), 2 * N);
}

function sigmoidLoss(X: tf.Tensor2D, kept: tf.Tensor2D): tf.Scalar {
  const N = X.shape[0];
  const z = tf.sub(tf.mul(2, tf.eye(N)), 1);
  return tf.div(tf.sum(tf.mul(kept, tf.softplus(tf.neg(tf.mul(z, X))))), N);
}

function lossAndGradients(config: RunConfig, values: Record<string, Float32Array>, pairs: LoadedPairs): PlainStep {
  const specs = parameterSpecs(config.model);
  const { image_size: side } = config.model.vision_cfg;
  const N = config.batch;
  const seen: Record<string, Float32Array> = {};
  const scope = tf.tidy(() => {
    const images = tf.tensor(pairs.images, [N, side, side, 3]);
    const kept = tf.tensor2d(keptPairs(config, pairs));
    const tokens = tf.tensor(pairs.tokens, [N, config.model.text_cfg.context_length], 'int32');
    const lossOf = (...tensors: tf.Tensor[]): tf.Scalar => {
      const p = Object.fromEntries(specs.map(({ name }, index) => [name, tensors[index]!]));
      const micro = shardPlan(config)
        .flatMap(({ size }) => microBatchPlan(size, config))
        .map(({ size }) => size);
      const encoded = tf.split(images, micro, 0).map((some) => {
        const found: Record<string, tf.Tensor> = {};
        const rows = encodeImage(config.model, p, some, { kind: 'batch', batchStatistics: found });
        for (const [name, statistic] of Object.entries(found)) {
          const share = statistic.dataSync<'float32'>().map((value) => (value * rows.shape[0]) / N);
          seen[name] = share.map((value, i) => value + (seen[name]?.[i] ?? 0));
        }
        tf.dispose(found);
        return rows;
      });
      const [I, T] = [tf.concat(encoded, 0), encodeText(config.model, p, tokens)]; // [N, d]
      const S = tf.mul<tf.Tensor2D>(tf.exp(p['logit_scale']!), tf.matMul(I, T, false, true)); // [N, N]
      return config.loss.kind === 'sigmoid'
        ? sigmoidLoss(tf.add(S, p['logit_bias']!), kept)
        : softmaxLoss(S, kept, config.loss.labelSmoothing);
    };
    const { value, grads } = tf.valueAndGrads(lossOf)(
      specs.map(({ name, shape }) => tf.tensor(values[name]!, [...shape])),
    );
    return { value, ...Object.fromEntries(grads.map((grad, index) => [specs[index]!.name, grad])) };
  }) as Record<string, tf.Tensor>;
  const { value, ...grads } = scope;
  const gradients = Object.fromEntries(
    Object.entries(grads).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]),
  );
  const loss = value!.dataSync()[0]!;
  tf.dispose(scope);
  return { loss, gradients, seen };
}
