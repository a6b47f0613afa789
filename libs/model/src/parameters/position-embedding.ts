import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { isShape, type ParameterSpec } from './parameter-spec.js';

/** A tensor as weights hold it: row-major. */
export interface GivenValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * The values a parameter takes from weights of a model with another resolution or context length. Position embeddings
 * of another number of rows are resized, `visual.…` as a grid, the text's as a sequence; all else must have the
 * parameter's shape. Throws DATA_INVALID where it has not.
 */
export function fittedValues({ name, shape }: Pick<ParameterSpec, 'name' | 'shape'>, given: GivenValues): Float32Array {
  if (isShape(given.shape, shape)) return given.values;
  const [rows, width] = shape;
  if (
    !name.endsWith('positional_embedding') ||
    rows === undefined ||
    width === undefined ||
    given.shape.length !== 2 ||
    given.shape[1] !== width
  ) {
    throw mismatch(`${name}: expected shape [${shape.join(', ')}], got [${given.shape.join(', ')}]`);
  }
  return name.startsWith('visual.')
    ? resizeGridPositions(given.values, width, Math.sqrt(rows - 1))
    : resizeTextPositions(given.values, width, rows);
}

/**
 * Position embeddings of an image tower at another resolution: row 0, the class's or the mean's, is kept; the others
 * are a square grid, row by row, resized to side × side. [g² + 1, width] → [side² + 1, width]. Bicubic (Keys 1981, a =
 * −½), widened by g/side where the grid shrinks; each new row is a mean of the old ones, weights summing to 1. Throws
 * DATA_INVALID where the rows are no grid. Source: open_clip model.py resize_pos_embed (PyTorch's interpolate, bicubic,
 * antialias, no aligned corners).
 */
export function resizeGridPositions(positions: Float32Array, width: number, side: number): Float32Array {
  const rows = positions.length / width;
  const oldSide = Math.sqrt(rows - 1);
  if (!Number.isInteger(oldSide) || oldSide < 1)
    throw mismatch(`position embeddings: expected one row and a square grid of rows, got ${rows} rows`);
  const weights = axisWeights(oldSide, side, bicubicWeight);
  const wide = resample(positions.subarray(width), weights, { before: oldSide, after: width }); // [g, side, width]
  const grid = resample(wide, weights, { before: 1, after: side * width }); // [side, side, width]
  const resized = new Float32Array((side ** 2 + 1) * width);
  resized.set(positions.subarray(0, width));
  resized.set(grid, width);
  return resized;
}

/**
 * Position embeddings of a text tower for another context length, each new row between the two old ones nearest to it.
 * [l, width] → [length, width]. Source: open_clip model.py resize_text_pos_embed (PyTorch's interpolate, linear, no
 * antialias, no aligned corners).
 */
export function resizeTextPositions(positions: Float32Array, width: number, length: number): Float32Array {
  const weights = axisWeights(positions.length / width, length, linearWeight);
  return Float32Array.from(resample(positions, weights, { before: 1, after: width }));
}

/** For each new place along an axis, the share of each old one: [to][from], rows that sum to 1. */
type AxisWeights = readonly (readonly number[])[];

/** `distance` from the old place to the new one, in old places, of which the axis has `scale` for each new one. */
type WeightOf = (distance: number, scale: number) => number;

/**
 * Places lie at i + ½ of their length; new place i is at (i + ½)·from/to. Beyond the first and the last old place there
 * is none to share with.
 */
function axisWeights(from: number, to: number, weightOf: WeightOf): AxisWeights {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const weights = Array.from({ length: from }, (_, old) => weightOf(Math.abs(old + 0.5 - (i + 0.5) * scale), scale));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  });
}

function bicubicWeight(distance: number, scale: number): number {
  const x = distance / Math.max(scale, 1);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

function linearWeight(distance: number): number {
  return Math.max(0, 1 - distance);
}

/** [before, from, after] → [before, to, after]. */
function resample(
  values: ArrayLike<number>,
  weights: AxisWeights,
  { before, after }: { readonly before: number; readonly after: number },
): Float64Array {
  const to = weights.length;
  const from = values.length / (before * after);
  const resampled = new Float64Array(before * to * after);
  for (let b = 0; b < before; b++) {
    weights.forEach((row, i) => {
      const into = (b * to + i) * after;
      row.forEach((weight, old) => {
        if (weight === 0) return;
        const out = (b * from + old) * after;
        for (let k = 0; k < after; k++) resampled[into + k] = resampled[into + k]! + weight * values[out + k]!;
      });
    });
  }
  return resampled;
}

function mismatch(message: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message,
    help: 'Load weights into the model they were made for; only resolution and context length may differ.',
  });
}
