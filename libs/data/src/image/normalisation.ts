/**
 * CLIP's mean and standard deviation of the red, green and blue channels, for values scaled to 0 … 1. Source:
 * openai/CLIP clip.py.
 */
export const pixelMean = [0.48145466, 0.4578275, 0.40821073] as const;
export const pixelStd = [0.26862954, 0.26130258, 0.27577711] as const;

/** What is taken from values scaled to 0 … 1, and what the rest is divided by: of the red, green and blue channel. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export const clipNormalisation: Normalisation = { mean: pixelMean, std: pixelStd };
