import type { Device } from '#engine/device.js';
import type { LossConfig } from '#protocol/run/loss-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { inTurns } from '#threads/turns.js';
import type { BatchShape, ContrastiveLoss } from './contrastive-result.js';
import { addTo, innerProduct, sumOf } from './float64-sums.js';
import { checkInvariants } from './checks/invariants.js';
import { checkFinite } from './checks/loss-checks.js';
import { requireTensor } from '../parameters/named-values.js';
import { addPositives } from './positives.js';
import { idVectors, maskedBy } from './false-negatives.js';
import { sharedFloats } from '../parameters/shared-floats.js';
import { sigmoidGradients } from './sigmoid-tile.js';
import { openTileSweep } from './tile-sweep.js';

/**
 * The sigmoid loss of SigLIP: whether an image and a text belong together is a separate yes or no for every pair.
 *
 *     X = s·I·Tᵀ + β, s = exp(logit_scale), β = logit_bias; z = 1 on the diagonal, −1 elsewhere
 *     loss = Σ_ij ln(1 + exp(−z_ij·X_ij)) / N
 *     G = −z/(1 + exp(z·X)) / N;  dI = s·G·T;  dT = s·Gᵀ·I;  dlogit_scale = Σ G∘(X − β) = ⟨I, dI⟩;  dlogit_bias = Σ G
 *
 * images, texts [N, d], rows of unit length. The loss and its gradients are sums over all N² logits, divided by N;
 * nothing is divided by the number of shards. Pairs i ≠ j that a mask finds to be the same are left out of the sums,
 * which are divided by N all the same. One sweep visits the tiles in a fixed order; their sums are added in float64.
 * The diagonal is kept out of the tiles and added here in float64. Throws NON_FINITE if the loss is not finite, and
 * names the pair if one of the embeddings is not. Throws CHECK_FAILED if what it found contradicts itself (checks/);
 * the sums of ln(1 + exp X) take part in no identity and are not checked, but no gradient depends on them. Source: Zhai
 * et al. 2023, algorithm 1.
 */
export async function openSigmoidLoss(
  device: Device,
  shape: BatchShape,
  config: SigmoidConfig,
): Promise<ContrastiveLoss> {
  const { batch } = shape;
  const masks = maskedBy(config);
  const sweep = await openTileSweep(device, sigmoidGradients(masks), shape);
  return {
    async run(embeddings, parameters) {
      const { images, texts } = embeddings;
      const [scale, bias] = [Math.fround(Math.exp(parameters.logit_scale)), Math.fround(biasOf(parameters.logit_bias))];
      const gradients = { imageGradients: sharedFloats(images.length), textGradients: sharedFloats(texts.length) };
      const [losses, positives] = [new Float64Array(batch), new Float64Array(batch)];
      const probabilities = { rows: new Float64Array(batch), columns: new Float64Array(batch) };
      const largest = {
        rows: new Float64Array(batch).fill(-Infinity),
        columns: new Float64Array(batch).fill(-Infinity),
      };
      await sweep.run(
        { embeddings, numbers: { scale, bias, weight: 1 / batch }, ...idVectors(embeddings, masks), gradients },
        (row, column, tile) => {
          addTo(losses, row.start, requireTensor(tile, 'rowLoss'));
          addTo(probabilities.rows, row.start, requireTensor(tile, 'rowProbabilities'));
          addTo(probabilities.columns, column.start, requireTensor(tile, 'columnProbabilities'));
          keepLargest(largest.rows, row.start, requireTensor(tile, 'rowMax'));
          keepLargest(largest.columns, column.start, requireTensor(tile, 'columnMax'));
          if (tile['positives']) positives.set(tile['positives'], row.start);
        },
      );
      const loss = (sumOf(losses) + sumOf(positives.map((similarity) => softplus(-similarity - bias)))) / batch;
      checkFinite(loss, embeddings, parameters, shape);
      const missing = positives.map((similarity) => sigmoid(-similarity - bias)); // 1 − probability of each positive
      const diagonal = missing.map((value) => (-scale * value) / batch);
      await inTurns(addPositives(gradients, embeddings, diagonal));
      const logitScaleGradient = await inTurns(innerProduct(images, gradients.imageGradients));
      const [rowSums, columnSums] = [probabilities.rows, probabilities.columns].map((sums) =>
        sums.map((probability) => probability / batch),
      ) as [Float64Array, Float64Array];
      await checkInvariants(
        { embeddings, gradients, scale, positives, rowSums, columnSums, diagonal, smoothing: 0, logitScaleGradient },
        device.kind,
      );
      const ahead = positives.reduce(
        (count, x, i) => count + Number(x > largest.rows[i]!) + Number(x > largest.columns[i]!),
        0,
      );
      return {
        loss,
        accuracy: ahead / (2 * batch),
        ...gradients,
        lossGradients: {
          logit_scale: logitScaleGradient,
          logit_bias: (sumOf(probabilities.rows) - sumOf(missing)) / batch,
        },
      };
    },
    dispose: () => sweep.dispose(),
  };
}

type SigmoidConfig = Extract<LossConfig, { readonly kind: 'sigmoid' }>;

function biasOf(bias: number | undefined): number {
  if (bias !== undefined) return bias;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: 'sigmoid loss: expected a logit_bias, got none',
    help: 'Give the model an init_logit_bias.',
  });
}

function keepLargest(largest: Float64Array, start: number, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) largest[start + i] = Math.max(largest[start + i]!, values[i]!);
}

/** ln(1 + exp x), computed without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}
