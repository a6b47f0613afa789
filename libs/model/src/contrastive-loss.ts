import type { Device } from '#engine/device.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { named, type NamedValues } from './named.js';
import { mergeInto, ownShares, runningSoftmax, type OwnShares } from './running-softmax.js';
import { softmaxGradients, softmaxStatistics } from './similarity-tile.js';
import { inSharedMemory, sharedFloats } from './shared-floats.js';
import { openTileSweep, type Block, type TileSweep } from './tile-sweep.js';

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
  /** ∂loss/∂images [N, d], in shared memory. */
  readonly imageGradients: Float32Array;
  /** ∂loss/∂texts [N, d], in shared memory. */
  readonly textGradients: Float32Array;
  /** ∂loss/∂logitScale: with respect to the logarithm. */
  readonly logitScaleGradient: number;
}

export interface ContrastiveLoss {
  /** Embeddings in shared memory are read in place, others are copied there first. */
  run(images: Float32Array, texts: Float32Array, logitScale: number): Promise<ContrastiveResult>;
  dispose(): Promise<void>;
}

/**
 * The symmetric contrastive loss of a batch and its gradients, tile by tile: beside the result it
 * takes a few tiles' memory, O(N), never N×N.
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
  const statistics = await openTileSweep(device, softmaxStatistics, options);
  const gradients = await openTileSweep(device, softmaxGradients, options);
  return {
    async run(images, texts, logitScale) {
      checkSize('images', images, batch, width);
      checkSize('texts', texts, batch, width);
      const embeddings = { images: inSharedMemory(images), texts: inSharedMemory(texts), scale: Math.fround(Math.exp(logitScale)) };
      const { rows, columns } = await softmaxes(statistics, embeddings, batch);
      const loss = (sumOf(rows.loss) + sumOf(columns.loss)) / (2 * batch);
      if (!Number.isFinite(loss)) throw nonFinite(loss, images, texts, width, logitScale);
      const found = await gradientsOf(gradients, embeddings, rows, columns);
      return { loss, accuracy: (rows.largest + columns.largest) / (2 * batch), ...found, logitScaleGradient: innerProduct(images, found.imageGradients) };
    },
    async dispose() {
      await statistics.dispose();
      await gradients.dispose();
    },
  };
}

type EmbeddingGradients = Pick<ContrastiveResult, 'imageGradients' | 'textGradients'>;

interface Embeddings extends Record<'images' | 'texts', Float32Array> {
  readonly scale: number;
}

/** First pass: the softmax of every row and every column. */
async function softmaxes(statistics: TileSweep, { images, texts, scale }: Embeddings, batch: number): Promise<Record<'rows' | 'columns', OwnShares>> {
  const rows = runningSoftmax(batch);
  const columns = runningSoftmax(batch);
  const own = new Float32Array(batch);
  await statistics.run({ embeddings: { images, texts }, numbers: { scale } }, (row, column, tile) => {
    mergeInto(rows, row.start, named(tile, 'rowMax'), named(tile, 'rowSum'));
    mergeInto(columns, column.start, named(tile, 'columnMax'), named(tile, 'columnSum'));
    if (tile['own']) own.set(tile['own'], row.start);
  });
  return { rows: ownShares(rows, own), columns: ownShares(columns, own) };
}

/** Second pass: G tile by tile, then its diagonal, −(1 − own share of the row + 1 − own share of the column)/2N. */
async function gradientsOf(sweep: TileSweep, { images, texts, scale }: Embeddings, rows: OwnShares, columns: OwnShares): Promise<EmbeddingGradients> {
  const batch = rows.max.length;
  const rowShares = new Float64Array(batch);
  const columnShares = new Float64Array(batch);
  const gradients = { imageGradients: sharedFloats(images.length), textGradients: sharedFloats(texts.length) };
  const feeds = {
    embeddings: { images, texts },
    numbers: { scale },
    ofImages: { rowMax: rows.max, rowWeight: weightsOf(rows) },
    ofTexts: { columnMax: columns.max, columnWeight: weightsOf(columns) },
    gradients,
  };
  const addShares = (row: Block, column: Block, tile: NamedValues): void => {
    addInto(rowShares, row.start, named(tile, 'rowShares'));
    addInto(columnShares, column.start, named(tile, 'columnShares'));
  };
  await sweep.run(feeds, addShares);
  checkShares(rowShares, rows);
  checkShares(columnShares, columns);
  addDiagonal(gradients, { images, texts }, (i) => (-scale * ((rows.othersShare[i] as number) + (columns.othersShare[i] as number))) / (2 * batch), batch);
  return gradients;
}

/** 1/(2N·sum) for every row. */
function weightsOf({ sum }: OwnShares): Float32Array {
  const weights = new Float32Array(sum.length);
  sum.forEach((value, i) => (weights[i] = 1 / (2 * sum.length * value)));
  return weights;
}

/** Adds factor(i)·texts_i to the gradient of image i, and the other way round. */
function addDiagonal({ imageGradients, textGradients }: EmbeddingGradients, { images, texts }: Record<'images' | 'texts', Float32Array>, factorOf: (i: number) => number, batch: number): void {
  const width = images.length / batch;
  for (let i = 0; i < batch; i++) {
    const factor = factorOf(i);
    for (let k = i * width; k < (i + 1) * width; k++) {
      imageGradients[k] = (imageGradients[k] as number) + factor * (texts[k] as number);
      textGradients[k] = (textGradients[k] as number) + factor * (images[k] as number);
    }
  }
}

/** What the second pass added up in each row must be what the first pass found there. */
function checkShares(found: Float64Array, { othersShare }: OwnShares): void {
  othersShare.forEach((expected, i) => {
    const share = 2 * othersShare.length * (found[i] as number);
    if (Math.abs(share - expected) < 1e-4) return;
    throw new TandemError({
      code: ErrorCode.UnsupportedOp,
      message: `expected the softmax of pair ${i} to leave ${expected} to the other pairs, as in the first pass over the similarities; the second pass gave ${share}`,
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

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function innerProduct(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
