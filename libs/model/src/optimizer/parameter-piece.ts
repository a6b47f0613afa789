import { requireTensor, type NamedValues } from '../parameters/named-values.js';

/**
 * Neighbouring values of one parameter: [from, to). They are few enough to fit a CPU's cache, and enough that handing
 * them out costs nothing.
 */
export interface ParameterPiece {
  /** Counts up from 0 over all pieces. */
  readonly index: number;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Number of values in the largest piece. */
const pieceValuesMax = 2 ** 16;

/**
 * Cuts all values into pieces, in the order of their names in `values`. The pieces depend on names and sizes alone. So
 * a sum formed per piece, and then over pieces in this order, has the same bits whoever works on which piece.
 */
export function parameterPieces(values: NamedValues): ParameterPiece[] {
  const pieces: ParameterPiece[] = [];
  for (const [name, { length }] of Object.entries(values)) {
    for (let from = 0; from < length; from += pieceValuesMax)
      pieces.push({ index: pieces.length, name, from, to: Math.min(from + pieceValuesMax, length) });
  }
  return pieces;
}

/** A view of the piece's values. Throws NOT_FOUND if `values` has no such name. */
export function valuesOf({ name, from, to }: ParameterPiece, values: NamedValues): Float32Array {
  return requireTensor(values, name).subarray(from, to);
}
