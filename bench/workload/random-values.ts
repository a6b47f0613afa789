import { seededRandom } from '#model/parameters/seeded-random.js';
import { inSharedMemory } from '#model/parameters/shared-floats.js';

/** Normally distributed values. */
export function normals(count: number, stream: string): Float32Array {
  const values = new Float32Array(count);
  const random = seededRandom(0, stream);
  for (let i = 0; i < count; i++) values[i] = random.normal();
  return values;
}

/** Random embeddings [rows, width] in shared memory, each row of unit length. */
export function unitRows(rows: number, width: number, stream: string): Float32Array {
  const values = inSharedMemory(normals(rows * width, stream));
  for (let start = 0; start < values.length; start += width) {
    let squares = 0;
    for (let i = start; i < start + width; i++) squares += values[i]! ** 2;
    const length = Math.sqrt(squares);
    for (let i = start; i < start + width; i++) values[i] = values[i]! / length;
  }
  return values;
}
