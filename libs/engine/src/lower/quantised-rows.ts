/** A tensor in bytes: row i, all elements of index i on the first axis, is scales[i] · values. */
export interface QuantisedRows {
  /** −127 … 127. */
  readonly values: Int8Array;
  /** [rows] */
  readonly scales: Float32Array;
}

/**
 * The nearest bytes of a tensor, symmetric, each row with a scale of its own: its largest value over 127. `values` must
 * be finite. Source: ONNX, DequantizeLinear, per axis.
 */
export function quantisedRows(values: Float32Array, rows: number): QuantisedRows {
  const width = values.length / rows;
  const [bytes, scales] = [new Int8Array(values.length), new Float32Array(rows)];
  for (let row = 0; row < rows; row++) {
    const [start, end] = [row * width, (row + 1) * width];
    let largest = 0;
    for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(values[i]!));
    scales[row] = largest / levels;
    const scale = scales[row]! || 1; // Of a row of zeros.
    for (let i = start; i < end; i++) bytes[i] = Math.round(values[i]! / scale);
  }
  return { values: bytes, scales };
}

const levels = 127;
