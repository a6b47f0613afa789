/** A stream of random numbers: the same seed and name give the same numbers everywhere. */
export interface SeededRandom {
  /** Uniform in [0, 1), a multiple of 2⁻³². */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

/**
 * The random stream called `name` of `seed`. The streams of a seed are independent of each other and of the order in
 * which they are opened. Source: sfc32 of PractRand, seeded by an FNV-1a hash of the name; normals by Marsaglia's polar
 * method, which needs only the logarithm and the square root.
 */
export function seededRandom(seed: number, name: string): SeededRandom {
  const next = smallFastCounter(seed >>> 0, hash(name, 0x811c9dc5), hash(name, 0x9e3779b9));
  const uniform = (): number => next() / 2 ** 32;
  let spare: number | undefined;
  return {
    uniform,
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      for (;;) {
        const x = 2 * uniform() - 1;
        const y = 2 * uniform() - 1;
        const square = x * x + y * y;
        if (square === 0 || square >= 1) continue;
        const factor = Math.sqrt((-2 * Math.log(square)) / square);
        spare = y * factor;
        return x * factor;
      }
    },
  };
}

function smallFastCounter(a: number, b: number, c: number): () => number {
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  // The first outputs still resemble the seed, so they are skipped.
  for (let round = 0; round < 15; round++) next();
  return next;
}

function hash(text: string, basis: number): number {
  let state = basis;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}
