import { seededRandom } from '#model/parameters/seeded-random.js';

/** Random rows of unit length, [rows, width]. A function of `name`. */
export function unitVectors(rows: number, width: number, name: string): Float32Array {
  const random = seededRandom(11, name);
  const values = new Float32Array(rows * width).map(() => random.normal());
  for (let i = 0; i < rows; i++) {
    const row = values.subarray(i * width, (i + 1) * width);
    const length = Math.hypot(...row);
    row.forEach((x, k) => (row[k] = x / length));
  }
  return values;
}
