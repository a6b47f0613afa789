import type { Embeddings, LossParameters } from '#model/loss/contrastive-result.js';
import type { LossConfig } from '#protocol/run/loss-config.js';

/** A loss and its gradients, computed in float64. */
export interface WholeMatrixLoss {
  readonly loss: number;
  readonly imageGradients: number[];
  readonly textGradients: number[];
  readonly lossGradients: Record<string, number>;
}

/** The loss by its definition over the whole matrix of logits, and its gradients by finite differences, error O(h⁴). */
export function wholeMatrixLoss(
  config: LossConfig,
  embeddings: Embeddings,
  parameters: LossParameters,
  batch: number,
): WholeMatrixLoss {
  const images = Float64Array.from(embeddings.images);
  const texts = Float64Array.from(embeddings.texts);
  const { captionIds, imageIds } = embeddings;
  const isLeftOut = (i: number, j: number): boolean =>
    i !== j &&
    ((config.maskSameCaption && captionIds![i] === captionIds![j]) ||
      (config.maskSameImage && imageIds![i] === imageIds![j]));
  const own = {
    logit_scale: parameters.logit_scale,
    ...(parameters.logit_bias !== undefined && { logit_bias: parameters.logit_bias }),
  };
  const loss = (): number => lossOf(config, logitsOf(images, texts, own, batch), isLeftOut);
  const slope = (values: Record<PropertyKey, number>, at: PropertyKey): number => {
    const [h, before] = [1e-4, values[at]!];
    const lossAt = (distance: number): number => {
      values[at] = before + distance;
      return loss();
    };
    const [near, far] = [lossAt(h) - lossAt(-h), lossAt(2 * h) - lossAt(-2 * h)];
    values[at] = before;
    return (8 * near - far) / (12 * h);
  };
  const slopes = (values: Float64Array): number[] =>
    [...values.keys()].map((at) => slope(values as unknown as Record<number, number>, at));
  return {
    loss: loss(),
    imageGradients: slopes(images),
    textGradients: slopes(texts),
    lossGradients: Object.fromEntries(Object.keys(own).map((name) => [name, slope(own, name)])),
  };
}

function logitsOf(
  images: Float64Array,
  texts: Float64Array,
  { logit_scale, logit_bias = 0 }: LossParameters,
  batch: number,
): number[][] {
  const width = images.length / batch;
  const dot = (i: number, j: number): number =>
    sumOf(Array.from({ length: width }, (_, k) => images[i * width + k]! * texts[j * width + k]!));
  return Array.from({ length: batch }, (_, i) =>
    Array.from({ length: batch }, (_, j) => Math.exp(logit_scale) * dot(i, j) + logit_bias),
  );
}

type IsLeftOut = (i: number, j: number) => boolean;

function lossOf(config: LossConfig, logits: number[][], isLeftOut: IsLeftOut): number {
  const batch = logits.length;
  switch (config.kind) {
    case 'sigmoid':
      return (
        sumOf(logits.flatMap((row, i) => row.map((x, j) => (isLeftOut(i, j) ? 0 : softplus(i === j ? -x : x))))) / batch
      );
    case 'softmax': {
      const directionLoss = (values: number[], i: number): number => {
        const kept = [...values.keys()].filter((j) => !isLeftOut(i, j));
        return crossEntropy(
          kept.map((j) => values[j]!),
          kept.indexOf(i),
          config.labelSmoothing,
        );
      };
      return (
        sumOf(
          logits.map(
            (row, i) =>
              directionLoss(row, i) +
              directionLoss(
                logits.map((other) => other[i]!),
                i,
              ),
          ),
        ) /
        (2 * batch)
      );
    }
  }
}

/** −Σ_j target_j·ln p_j, target = (1 − ε)·δ + ε/C over C entries. */
function crossEntropy(logits: number[], own: number, epsilon: number): number {
  const max = Math.max(...logits);
  const logSum = max + Math.log(sumOf(logits.map((x) => Math.exp(x - max))));
  return sumOf(logits.map((x, j) => ((j === own ? 1 - epsilon : 0) + epsilon / logits.length) * (logSum - x)));
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
