import { clipNormalisation, type Normalisation } from '#data/image/normalisation.js';

/** The normalisations in use: of CLIP, torchvision, BiT and Inception, and of SimCLR, which takes pixels of 0 to 1. */
export const normalisations = {
  clip: clipNormalisation,
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  inception: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  none: { mean: [0, 0, 0], std: [1, 1, 1] },
} as const satisfies Record<string, Normalisation>;
export type NormalisationName = keyof typeof normalisations;
export const normalisationNames = Object.keys(normalisations) as NormalisationName[];
