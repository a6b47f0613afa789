import type { Device } from '#engine/device.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { mergeInto, ownShare, runningSoftmax, type OwnShare } from './running-softmax.js';
import { openSimilarityTiles, type Block, type SimilarityTiles } from './similarity-tiles.js';

export interface ContrastiveLossOptions {
  /** N */
  readonly batch: number;
  /** d */
  readonly width: number;
  /** Largest side of a tile, in pairs. */
  readonly tile?: number;
}

export interface ContrastiveResult {
  /** Mean over the N pairs. */
  readonly loss: number;
  /** Share of the N rows and N columns whose own pair has a larger logit than every other. */
  readonly accuracy: number;
  /** ∂loss/∂images [N, d] */
  readonly imageGradients: Float32Array;
  /** ∂loss/∂texts [N, d] */
  readonly textGradients: Float32Array;
  /** ∂loss/∂logitScale: with respect to the logarithm. */
  readonly logitScaleGradient: number;
}

export interface ContrastiveLoss {
  run(images: Float32Array, texts: Float32Array, logitScale: number): Promise<ContrastiveResult>;
  dispose(): Promise<void>;
}

/**
 * The symmetric contrastive loss of a batch and its gradients, tile by tile: O(N·d) memory, never N×N.
 *
 *     S = s·I·Tᵀ, s = exp(logitScale); r_i = ln Σ_j exp S_ij; c_j = ln Σ_i exp S_ij
 *     loss = Σ_i (r_i + c_i − 2·S_ii) / 2N
 *     G = (exp(S − r) + exp(S − c) − 2δ) / 2N;  dI = s·G·T;  dT = s·Gᵀ·I;  dlogitScale = Σ G∘S = ⟨I, dI⟩
 *
 * images, texts [N, d], rows of unit length. The loss is a mean over the N pairs and so are its gradients; nothing is
 * divided by shards. Tiles are visited and added in a fixed order; maxima and sums merge in float64. The diagonal is
 * kept out of the tiles and added here, because exp(S_ii − r_i) − 1 in float32 would lose a small loss and its gradient.
 * Throws NON_FINITE naming the pair if an embedding or the loss is not finite.
 * Source: CLIP Fig. 3; tiling after Inf-CLIP (Cheng et al. 2024), with rows and columns in one sweep.
 */
export async function openContrastiveLoss(device: Device, options: ContrastiveLossOptions): Promise<ContrastiveLoss> {
  const { batch, width } = options;
  const tiles = await openSimilarityTiles(device, options);
  return {
    async run(images, texts, logitScale) {
      checkSize('images', images, batch, width);
      checkSize('texts', texts, batch, width);
      const scale = Math.fround(Math.exp(logitScale));
      await tiles.load(images, texts);
      const { rows, columns } = await ownShares(tiles, batch, scale);
      const loss = meanOf(rows.map(({ loss }, i) => (loss + (columns[i] as OwnShare).loss) / 2));
      if (!Number.isFinite(loss)) throw nonFinite(loss, images, texts, width, logitScale);
      const gradients = await gradientsOf(tiles, rows, columns, scale, images, texts);
      return {
        loss,
        accuracy: meanOf([...rows, ...columns].map(({ largest }) => (largest ? 1 : 0))),
        ...gradients,
        logitScaleGradient: innerProduct(images, gradients.imageGradients),
      };
    },
    dispose: () => tiles.dispose(),
  };
}

/** First pass: the softmax of every row and every column. */
async function ownShares(tiles: SimilarityTiles, batch: number, scale: number): Promise<Record<'rows' | 'columns', OwnShare[]>> {
  const rows = runningSoftmax(batch);
  const columns = runningSoftmax(batch);
  const own = new Float32Array(batch);
  for (const row of tiles.blocks) {
    for (const column of tiles.blocks) {
      const statistics = await tiles.statistics(row, column, scale);
      mergeInto(rows, row.start, statistics.rowMax, statistics.rowSum);
      mergeInto(columns, column.start, statistics.columnMax, statistics.columnSum);
      if (statistics.own) own.set(statistics.own, row.start);
    }
  }
  return {
    rows: Array.from(own, (logit, i) => ownShare(rows, i, logit)),
    columns: Array.from(own, (logit, i) => ownShare(columns, i, logit)),
  };
}

/** Second pass: G tile by tile, then its diagonal, −(1 − own share of the row + 1 − own share of the column)/2N. */
async function gradientsOf(
  tiles: SimilarityTiles,
  rows: readonly OwnShare[],
  columns: readonly OwnShare[],
  scale: number,
  images: Float32Array,
  texts: Float32Array,
): Promise<Pick<ContrastiveResult, 'imageGradients' | 'textGradients'>> {
  const rowShares = new Float64Array(rows.length);
  const columnShares = new Float64Array(rows.length);
  await tiles.clearGradients();
  for (const row of tiles.blocks) {
    for (const column of tiles.blocks) {
      const shares = await tiles.addGradients(row, column, scale, softmaxOf(rows, row), softmaxOf(columns, column));
      addInto(rowShares, row.start, shares.rowShares);
      addInto(columnShares, column.start, shares.columnShares);
    }
  }
  checkShares(rowShares, rows);
  checkShares(columnShares, columns);
  const { imageGradients, textGradients } = await tiles.readGradients();
  const width = images.length / rows.length;
  rows.forEach((row, i) => {
    const factor = (-scale * (row.othersShare + (columns[i] as OwnShare).othersShare)) / (2 * rows.length);
    for (let k = i * width; k < (i + 1) * width; k++) {
      imageGradients[k] = (imageGradients[k] as number) + factor * (texts[k] as number);
      textGradients[k] = (textGradients[k] as number) + factor * (images[k] as number);
    }
  });
  return { imageGradients, textGradients };
}

/** The max and the weight 1/(2N·sum) of the rows of a block. */
function softmaxOf(shares: readonly OwnShare[], { start, size }: Block): Record<'max' | 'weight', Float32Array> {
  const block = shares.slice(start, start + size);
  return {
    max: Float32Array.from(block, ({ max }) => max),
    weight: Float32Array.from(block, ({ sum }) => 1 / (2 * shares.length * sum)),
  };
}

/** What the second pass added up in each row must be what the first pass found there. */
function checkShares(found: Float64Array, expected: readonly OwnShare[]): void {
  expected.forEach(({ othersShare }, i) => {
    const share = 2 * expected.length * (found[i] as number);
    if (Math.abs(share - othersShare) < 1e-4) return;
    throw new TandemError({
      code: ErrorCode.UnsupportedOp,
      message: `expected the softmax of pair ${i} to leave ${othersShare} to the other pairs, as in the first pass over the similarities; the second pass gave ${share}`,
      help: 'The device computed the same matrix product twice and got different values. Run the loss on another device.',
      context: { pair: i },
    });
  });
}

function checkSize(name: string, values: Float32Array, batch: number, width: number): void {
  if (values.length === batch * width) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `contrastive loss: expected ${name} of ${batch} × ${width} = ${batch * width} values, got ${values.length}`,
  });
}

function nonFinite(loss: number, images: Float32Array, texts: Float32Array, width: number, logitScale: number): TandemError {
  for (const [name, values] of Object.entries({ image: images, text: texts })) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const pair = Math.floor(at / width);
    return new TandemError({
      code: ErrorCode.NonFinite,
      message: `expected finite embeddings, got ${values[at]} in the ${name} embedding of pair ${pair} of the batch`,
      help: 'Usually the learning rate is too high or its warm-up too short.',
      context: { pair },
    });
  }
  return new TandemError({
    code: ErrorCode.NonFinite,
    message: `expected a finite loss, got ${loss} from finite embeddings at logit_scale ${logitScale}`,
    help: 'logit_scale must be finite; it is held within [0, ln 100] after every update.',
  });
}

function addInto(sums: Float64Array, start: number, terms: Float32Array): void {
  for (let i = 0; i < terms.length; i++) sums[start + i] = (sums[start + i] as number) + (terms[i] as number);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function innerProduct(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
