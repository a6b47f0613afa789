import { seededRandom } from '#model/seeded-random.js';

/** Normal values. */
export function normals(count: number, stream: string): Float32Array {
  const values = new Float32Array(count);
  const random = seededRandom(0, stream);
  for (let i = 0; i < count; i++) values[i] = random.normal();
  return values;
}

/** [rows, width], each row of unit length and a direction of its own. */
export function unitRows(rows: number, width: number, stream: string): Float32Array {
  const values = normals(rows * width, stream);
  for (let start = 0; start < values.length; start += width) {
    let squares = 0;
    for (let i = start; i < start + width; i++) squares += values[i]! ** 2;
    const length = Math.sqrt(squares);
    for (let i = start; i < start + width; i++) values[i] = values[i]! / length;
  }
  return values;
}

/** [captions, length] of token ids: words, then the end token, the highest id. */
export function captionTokens(captions: number, length: number, vocabulary: number, stream: string): Int32Array {
  const random = seededRandom(0, stream);
  return Int32Array.from({ length: captions * length }, (_, i) => (i % length === length - 1 ? vocabulary - 1 : Math.floor(random.uniform() * (vocabulary - 2))));
}
