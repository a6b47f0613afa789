import type { DeviceKind } from '#engine/device.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { inTurns, type Pausable } from '#threads/turns.js';
import type { EmbeddingGradients, Embeddings } from '../contrastive-result.js';

/** What a loss found, for checking. S = s·I·Tᵀ; G = ∂loss/∂S [N, N]. */
export interface LossFindings {
  readonly embeddings: Pick<Embeddings, 'images' | 'texts'>;
  readonly gradients: EmbeddingGradients;
  /** s */
  readonly scale: number;
  /** S_ii [N], as the device computed them. */
  readonly positives: Float64Array;
  /** Σ_j G_ij and Σ_i G_ij [N] without the diagonal. */
  readonly rowSums: Float64Array;
  readonly columnSums: Float64Array;
  /** s·G_ii [N] */
  readonly diagonal: Float64Array;
  /** At least the sum of what label smoothing takes from a row or column of |G|; 0 if labels are not smoothed. */
  readonly smoothing: number;
  /** dlogit_scale */
  readonly logitScaleGradient: number;
}

/** How far two ways to compute one number are apart. */
export interface Deviation {
  readonly what: string;
  readonly expected: number;
  readonly found: number;
  /** |found − expected| over the sum of the absolute values of their terms. */
  readonly share: number;
}

/**
 * In float32 the largest deviation was 1.4e-6, over 8,154 random batches of 2 to 300 pairs with d from 4 to 512, s from
 * 1 to 100, alike and unlike embeddings, both losses, masks and label smoothing. A matmul of CUDA may round its inputs
 * to 11 bits (TensorFloat-32).
 */
const tolerances: Readonly<Record<DeviceKind, number>> = {
  cpu: 3e-5,
  webgpu: 3e-5,
  opencl: 3e-5,
  tfjs: 3e-5,
  cuda: 2e-3,
};

/** Throws CHECK_FAILED, naming what was compared, if the numbers of a loss contradict one another. */
export async function checkInvariants(findings: LossFindings, device: DeviceKind): Promise<void> {
  const tolerance = tolerances[device];
  for (const { what, expected, found, share } of await inTurns(deviations(findings)))
    if (!(share <= tolerance)) throw contradiction(`${what} to be ${expected}`, String(found));
}

export function contradiction(
  expected: string,
  found: string,
  context: Readonly<Record<string, number>> = {},
): TandemError {
  return new TandemError({
    code: ErrorCode.CheckFailed,
    message: `The loss contradicts itself: expected ${expected}, got ${found}`,
    help:
      "The coordinator's memory or the device of its loss is faulty. Test the memory, or take another device " +
      '(TANDEM_DEVICE).',
    retryable: true,
    context,
  });
}

/**
 * The deviations from what holds for every loss that depends on I and T through S alone:
 *
 *     dI = s·G·T, so Σ_i dI_i = s·Σ_j (Σ_i G_ij)·T_j;  dT = s·Gᵀ·I, so Σ_j dT_j = s·Σ_i (Σ_j G_ij)·I_i
 *     ⟨I, dI⟩ = Σ G∘S = ⟨T, dT⟩ = dlogit_scale;  Σ_i (Σ_j G_ij) = Σ_j (Σ_i G_ij);  S_ii = s·⟨I_i, T_i⟩
 *
 * One wrong element of dI or dT shows in its column if it is wrong by more than the tolerance times the column's sum of
 * absolute values. Takes O(N·d) in float64. Source: Huang & Abraham 1984, checksums of a matrix product.
 */
export function* deviations(findings: LossFindings): Pausable<Deviation[]> {
  const { embeddings, gradients, scale, positives, rowSums, columnSums, diagonal, smoothing } = findings;
  const { images, texts } = embeddings;
  const { imageGradients, textGradients } = gradients;
  const batch = positives.length;
  const width = images.length / batch;
  const ofImages = checksums(width);
  const ofTexts = checksums(width);
  let ofTextsProduct = 0;
  let productSize = 0;
  let worst: Deviation = { what: 'the similarities of the positives', expected: 0, found: 0, share: 0 };
  const compare = comparison(batch ** 2 * scale * smallestNormal);
  for (let i = 0; i < batch; i++) {
    const ofRow = scale * rowSums[i]! + diagonal[i]!;
    const ofColumn = scale * columnSums[i]! + diagonal[i]!;
    const others = 2 * smoothing * scale + Math.abs(diagonal[i]!);
    const rowSize = Math.abs(scale * rowSums[i]!) + others;
    const columnSize = Math.abs(scale * columnSums[i]!) + others;
    // The terms of Σ G∘S, since no |S_ij| is above s. dI itself is too small a measure: where all embeddings are alike,
    // it is what rounding leaves of terms that cancel out.
    productSize += rowSize + columnSize;
    let similarity = 0;
    let similaritySize = 0;
    for (let k = 0, at = i * width; k < width; k++, at++) {
      const [image, text] = [images[at]!, texts[at]!];
      const [imageGradient, textGradient] = [imageGradients[at]!, textGradients[at]!];
      similarity += image * text;
      similaritySize += Math.abs(image * text);
      ofImages.found[k]! += imageGradient;
      ofImages.expected[k]! += ofColumn * text;
      ofImages.size[k]! += Math.abs(imageGradient) + columnSize * Math.abs(text);
      ofTexts.found[k]! += textGradient;
      ofTexts.expected[k]! += ofRow * image;
      ofTexts.size[k]! += Math.abs(textGradient) + rowSize * Math.abs(image);
      ofTextsProduct += text * textGradient;
    }
    const positive = compare(`the similarity of pair ${i}`, scale * similarity, positives[i]!, scale * similaritySize);
    if (!(positive.share <= worst.share)) worst = positive;
    if (i % pairsBetweenPauses === 0) yield;
  }
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  const size = (values: Float64Array): number => values.reduce((total, value) => total + Math.abs(value), 0);
  const columnsOf = (name: string, { expected, found, size: sizes }: Checksums): Deviation[] =>
    Array.from({ length: width }, (_, k) =>
      compare(`the sum of column ${k} of ${name}`, expected[k]!, found[k]!, sizes[k]!),
    );
  return [
    worst,
    ...columnsOf('dI', ofImages),
    ...columnsOf('dT', ofTexts),
    compare('⟨I, dI⟩, the gradient of logit_scale,', ofTextsProduct, findings.logitScaleGradient, productSize),
    compare(
      'the sum of G by columns',
      sum(rowSums),
      sum(columnSums),
      size(rowSums) + size(columnSums) + 2 * smoothing * batch,
    ),
  ];
}

/** Takes about a millisecond. */
const pairsBetweenPauses = 256;
/** Below it a device may give 0 for a float32. */
const smallestNormal = 2 ** -126;

/** Sums over the rows of a matrix [N, d] for each of its columns. */
type Checksums = Readonly<Record<'expected' | 'found' | 'size', Float64Array>>;

function checksums(width: number): Checksums {
  return { expected: new Float64Array(width), found: new Float64Array(width), size: new Float64Array(width) };
}

/** Compares numbers whose terms have the sum of absolute values `size`. `floor`: a difference that is none. */
function comparison(floor: number): (what: string, expected: number, found: number, size: number) => Deviation {
  return (what, expected, found, size) => {
    const difference = Math.abs(found - expected);
    return { what, expected, found, share: difference <= floor ? 0 : difference / size };
  };
}
