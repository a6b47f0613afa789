import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { isShape, type ParameterSpec } from './parameter-spec.js';

/** A tensor as it is in a weights file: row-major. */
export interface GivenValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * Fits the values of a parameter from weights of a model that may have another resolution or context length. Position
 * embeddings with another number of rows are resized: those of `visual.…` as a grid, those of the text tower as a
 * sequence. Everything else must have the shape of the parameter. Throws DATA_INVALID if it does not.
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
 * Resizes the position embeddings of an image tower for another resolution. [g² + 1, width] → [side² + 1, width]. Row
 * 0, which belongs to the class or the mean, is kept. The others form a square grid, row by row, which is resized to
 * side × side. The interpolation is bicubic (Keys 1981, a = −½), widened by g/side if the grid shrinks; each new row is
 * a weighted mean of the old ones. Throws DATA_INVALID if the rows do not form a grid. Source: open_clip model.py
 * resize_pos_embed (PyTorch's interpolate: bicubic, antialias, align_corners=False).
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
 * Resizes the position embeddings of a text tower for another context length: each new row is interpolated between the
 * two old rows nearest to it. [l, width] → [length, width]. Source: open_clip model.py resize_text_pos_embed (PyTorch's
 * interpolate: linear, no antialias, align_corners=False).
 */
export function resizeTextPositions(positions: Float32Array, width: number, length: number): Float32Array {
  const weights = axisWeights(positions.length / width, length, linearWeight);
  return Float32Array.from(resample(positions, weights, { before: 1, after: width }));
}

/** For each new position along an axis, the weights of the old ones: [to][from], rows that sum to 1. */
type AxisWeights = readonly (readonly number[])[];

/**
 * The weight of an old position at `distance` from the new one. The distance is measured in old positions, and there
 * are `scale` of these for each new one.
 */
type WeightOf = (distance: number, scale: number) => number;

/**
 * Old position i lies at i + ½; new position i lies at (i + ½)·from/to on the same axis. Beyond the ends of the axis
 * there are no old positions; the weights of the others are normalised to sum to 1.
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
