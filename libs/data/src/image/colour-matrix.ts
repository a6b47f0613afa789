/** A 3 × 3 matrix on (red, green, blue), row-major. */
export type ColourMatrix = readonly [number, number, number, number, number, number, number, number, number];

export const sameColours: ColourMatrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];

// Shares of red, green and blue in luminance: ITU-R BT.601, as Pillow and torchvision use them.
const [R, G, B] = [0.299, 0.587, 0.114];

export const greyColours: ColourMatrix = [R, G, B, R, G, B, R, G, B];

/** Every colour multiplied by `factor`. */
export function brightness(factor: number): ColourMatrix {
  return [factor, 0, 0, 0, factor, 0, 0, 0, factor];
}

/** 0 grey, 1 as it is, 2 twice as far from grey. */
export function saturation(factor: number): ColourMatrix {
  const grey = 1 - factor;
  return [
    grey * R + factor,
    grey * G,
    grey * B,
    grey * R,
    grey * G + factor,
    grey * B,
    grey * R,
    grey * G,
    grey * B + factor,
  ];
}

/**
 * Colours turned around the grey axis, their luminance kept. Source: SVG 1.1, feColorMatrix hueRotate, with the weights
 * above.
 */
export function hue(radians: number): ColourMatrix {
  const [c, s] = [Math.cos(radians), Math.sin(radians)];
  const [u, v, w] = [(R * R + B * (1 - R)) / G, R - B, -(R * (1 - B) + B * B) / G]; // Such that luminance stays.
  return [
    R + c * (1 - R) - s * R,
    G - c * G - s * G,
    B - c * B + s * (1 - B),
    R - c * R + s * u,
    G + c * (1 - G) + s * v,
    B - c * B + s * w,
    R - c * R - s * (1 - R),
    G - c * G + s * G,
    B + c * (1 - B) + s * B,
  ];
}

/** The matrix that applies `first`, then `second`. */
export function afterwards(first: ColourMatrix, second: ColourMatrix): ColourMatrix {
  const at = (row: number, column: number): number =>
    [0, 1, 2].reduce((sum, k) => sum + (second[row * 3 + k] as number) * (first[k * 3 + column] as number), 0);
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}
