/** A 3 × 3 matrix applied to (red, green, blue), row-major. */
export type ColourMatrix = readonly [number, number, number, number, number, number, number, number, number];

export const sameColours: ColourMatrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];

// Weights of red, green and blue in luminance, from ITU-R BT.601. Pillow and torchvision use the same.
const [r, g, b] = [0.299, 0.587, 0.114];

export const greyColours: ColourMatrix = [r, g, b, r, g, b, r, g, b];

/** Multiplies every channel by `factor`. */
export function brightness(factor: number): ColourMatrix {
  return [factor, 0, 0, 0, factor, 0, 0, 0, factor];
}

/** Moves colours along the line from grey: 0 gives grey, 1 changes nothing, 2 doubles the distance. */
export function saturation(factor: number): ColourMatrix {
  const grey = 1 - factor;
  return [
    grey * r + factor,
    grey * g,
    grey * b,
    grey * r,
    grey * g + factor,
    grey * b,
    grey * r,
    grey * g,
    grey * b + factor,
  ];
}

/**
 * Rotates colours around the grey axis and keeps their luminance. Source: SVG 1.1, feColorMatrix hueRotate, with the
 * weights above.
 */
export function hue(radians: number): ColourMatrix {
  const [c, s] = [Math.cos(radians), Math.sin(radians)];
  // Chosen so that luminance does not change.
  const [u, v, w] = [(r * r + b * (1 - r)) / g, r - b, -(r * (1 - b) + b * b) / g];
  return [
    r + c * (1 - r) - s * r,
    g - c * g - s * g,
    b - c * b + s * (1 - b),
    r - c * r + s * u,
    g + c * (1 - g) + s * v,
    b - c * b + s * w,
    r - c * r - s * (1 - r),
    g - c * g + s * g,
    b + c * (1 - b) + s * b,
  ];
}

/** The matrix that applies `first`, then `second`. */
export function afterwards(first: ColourMatrix, second: ColourMatrix): ColourMatrix {
  const at = (row: number, column: number): number =>
    [0, 1, 2].reduce((sum, k) => sum + second[row * 3 + k]! * first[k * 3 + column]!, 0);
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}
