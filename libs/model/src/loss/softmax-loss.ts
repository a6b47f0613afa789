import type { Device } from '#engine/device.js';
import type { LossConfig } from '#protocol/run/loss-config.js';
import { inTurns } from '#threads/turns.js';
import type { BatchShape, ContrastiveLoss, EmbeddingGradients, Embeddings } from './contrastive-result.js';
import { addTo, innerProduct, sumOf } from './float64-sums.js';
import { checkInvariants, type LossFindings } from './checks/invariants.js';
import { checkFinite } from './checks/loss-checks.js';
import { checkProbabilities } from './checks/probabilities.js';
import { requireTensor } from '../parameters/named-values.js';
import { addPositives } from './positives.js';
import { mergeInto, softmaxProbabilities, runningSoftmax, type SoftmaxProbabilities } from './running-softmax.js';
import { softmaxGradients, softmaxStatistics } from './similarity-tile.js';
import { candidatesOf, idVectors, maskedBy } from './false-negatives.js';
import { sharedFloats } from '../parameters/shared-floats.js';
import { openTileSweep, type TileSweep } from './tile-sweep.js';

/**
 * The symmetric contrastive loss of CLIP.
 *
 *     S = s·I·Tᵀ, s = exp(logit_scale); r_i = ln Σ_j exp S_ij; c_j = ln Σ_i exp S_ij
 *     loss = Σ_i (r_i + c_i − 2·S_ii) / 2N
 *     G = (exp(S − r) + exp(S − c) − 2δ) / 2N;  dI = s·G·T;  dT = s·Gᵀ·I;  dlogit_scale = Σ G∘S = ⟨I, dI⟩
 *
 * Pairs i ≠ j that a mask finds to be the same are left out of the sums of row i and column j, as if S_ij were −∞, and
 * have G_ij = 0. With label smoothing ε, the target of row i is (1 − ε)·δ_ij + ε/C_i over the C_i entries that are not
 * left out, S_ii among them. Column i has as many entries and the same target. Smoothing adds ε·(S_ii − mean of the
 * entries) to the sum over i, once for the row and once for the column. It takes ε/C_i + ε/C_j from 2N·G_ij and adds 2ε
 * to 2N·G_ii.
 *
 * images, texts [N, d], rows of unit length. The loss and its gradients are those of the mean over the N pairs; nothing
 * is divided by the number of shards. A bias of the logits would change nothing, and has no gradient. Tiles are visited
 * and added in a fixed order; maxima and sums are merged in float64. The diagonal is kept out of the tiles and added
 * here, because exp(S_ii − r_i) − 1 in float32 would lose a small loss and its gradient. Throws NON_FINITE if the loss
 * is not finite, and names the pair if one of the embeddings is not. Throws CHECK_FAILED if what it found contradicts
 * itself (checks/). Source: CLIP Fig. 3; label smoothing, PyTorch's CrossEntropyLoss; tiling after Inf-CLIP (Cheng et
 * al. 2024), with rows and columns in one sweep.
 */
export async function openSoftmaxLoss(
  device: Device,
  shape: BatchShape,
  config: SoftmaxConfig,
): Promise<ContrastiveLoss> {
  const { batch } = shape;
  const masks = maskedBy(config);
  const tile = { masks, isSmoothed: config.labelSmoothing > 0 };
  const statistics = await openTileSweep(device, softmaxStatistics(tile), shape);
  const gradients = await openTileSweep(device, softmaxGradients(tile), shape);
  return {
    async run(embeddings, parameters) {
      const scale = Math.fround(Math.exp(parameters.logit_scale));
      const ids = idVectors(embeddings, masks);
      const candidates = candidatesOf(embeddings, masks, batch);
      const softmaxes = await softmaxesOf(statistics, embeddings, { scale, ids, batch });
      const { rows, columns, positives, totals } = softmaxes;
      // 2·S_ii less the mean of row i and the mean of column i.
      const aboveMean = positives.map((x, i) => 2 * x - (totals[i]! + 2 * x) / candidates[i]!);
      const loss = (sumOf(rows.loss) + sumOf(columns.loss) + config.labelSmoothing * sumOf(aboveMean)) / (2 * batch);
      checkFinite(loss, embeddings, parameters, shape);
      const epsilon = config.labelSmoothing;
      const found = await gradientsOf(gradients, embeddings, { scale, ids, epsilon, candidates, softmaxes });
      const logitScaleGradient = await inTurns(innerProduct(embeddings.images, found.gradients.imageGradients));
      // Of row i it takes ε/2N for C_i, and at most ε/2N·Σ_j 1/C_j for the columns.
      const smoothing = (epsilon / (2 * batch)) * (1 + sumOf(candidates.map((count) => 1 / count)));
      await checkInvariants({ embeddings, scale, positives, smoothing, ...found, logitScaleGradient }, device.kind);
      return {
        loss,
        accuracy: (rows.largest + columns.largest) / (2 * batch),
        ...found.gradients,
        lossGradients: { logit_scale: logitScaleGradient },
      };
    },
    async dispose() {
      await statistics.dispose();
      await gradients.dispose();
    },
  };
}

type SoftmaxConfig = Extract<LossConfig, { readonly kind: 'softmax' }>;

interface Softmaxes extends Readonly<Record<'rows' | 'columns', SoftmaxProbabilities>> {
  /** S_ii [N] */
  readonly positives: Float64Array;
  /** Sum of the other logits of row i and of column i that are not left out [N]; zeros if labels are not smoothed. */
  readonly totals: Float64Array;
}

interface FirstPass {
  readonly scale: number;
  readonly ids: ReturnType<typeof idVectors>;
  readonly batch: number;
}

/** First pass: the softmax of every row and every column. */
async function softmaxesOf(
  statistics: TileSweep,
  embeddings: Embeddings,
  { scale, ids, batch }: FirstPass,
): Promise<Softmaxes> {
  const rows = runningSoftmax(batch);
  const columns = runningSoftmax(batch);
  const positives = new Float64Array(batch);
  const totals = new Float64Array(batch);
  await statistics.run({ embeddings, numbers: { scale }, ...ids }, (row, column, tile) => {
    mergeInto(rows, row.start, requireTensor(tile, 'rowMax'), requireTensor(tile, 'rowSum'));
    mergeInto(columns, column.start, requireTensor(tile, 'columnMax'), requireTensor(tile, 'columnSum'));
    if (tile['positives']) positives.set(tile['positives'], row.start);
    if (tile['rowTotal']) addTo(totals, row.start, tile['rowTotal']);
    if (tile['columnTotal']) addTo(totals, column.start, tile['columnTotal']);
  });
  return {
    rows: softmaxProbabilities(rows, positives),
    columns: softmaxProbabilities(columns, positives),
    positives,
    totals,
  };
}

interface SecondPass {
  readonly scale: number;
  readonly ids: ReturnType<typeof idVectors>;
  readonly epsilon: number;
  /** C [N] */
  readonly candidates: Float64Array;
  readonly softmaxes: Softmaxes;
}

interface FoundGradients extends Pick<LossFindings, 'rowSums' | 'columnSums' | 'diagonal'> {
  readonly gradients: EmbeddingGradients;
}

/**
 * Second pass: G tile by tile, then its diagonal, (2ε − 2ε/C − (1 − p_row) − (1 − p_column))/2N, where p_row and
 * p_column are the positive's probabilities in its row and in its column.
 */
async function gradientsOf(
  sweep: TileSweep,
  embeddings: Embeddings,
  { scale, ids, epsilon, candidates, softmaxes: { rows, columns } }: SecondPass,
): Promise<FoundGradients> {
  const batch = rows.max.length;
  const rowProbabilities = new Float64Array(batch);
  const columnProbabilities = new Float64Array(batch);
  const [rowSums, columnSums] = [new Float64Array(batch), new Float64Array(batch)];
  const gradients = {
    imageGradients: sharedFloats(embeddings.images.length),
    textGradients: sharedFloats(embeddings.texts.length),
  };
  const smoothing = Float32Array.from(candidates, (count) => epsilon / (2 * batch * count));
  const feeds = {
    embeddings,
    numbers: { scale },
    ofImages: {
      rowMax: rows.max,
      rowWeight: weightsOf(rows),
      ...(epsilon > 0 && { rowSmoothing: smoothing }),
      ...ids.ofImages,
    },
    ofTexts: {
      columnMax: columns.max,
      columnWeight: weightsOf(columns),
      ...(epsilon > 0 && { columnSmoothing: smoothing }),
      ...ids.ofTexts,
    },
    gradients,
  };
  await sweep.run(feeds, (row, column, tile) => {
    addTo(rowProbabilities, row.start, requireTensor(tile, 'rowProbabilities'));
    addTo(columnProbabilities, column.start, requireTensor(tile, 'columnProbabilities'));
    addTo(rowSums, row.start, requireTensor(tile, 'rowGradients'));
    addTo(columnSums, column.start, requireTensor(tile, 'columnGradients'));
  });
  checkProbabilities(rowProbabilities, rows);
  checkProbabilities(columnProbabilities, columns);
  const ofPositive = (share: number, i: number): number =>
    2 * epsilon * (1 - 1 / candidates[i]!) - share - columns.othersProbability[i]!;
  const diagonal = rows.othersProbability.map((share, i) => (scale * ofPositive(share, i)) / (2 * batch));
  await inTurns(addPositives(gradients, embeddings, diagonal));
  return { gradients, rowSums, columnSums, diagonal };
}

/** 1/(2N·sum) for every row. */
function weightsOf({ sum }: SoftmaxProbabilities): Float32Array {
  const weights = new Float32Array(sum.length);
  sum.forEach((value, i) => (weights[i] = 1 / (2 * sum.length * value)));
  return weights;
}
