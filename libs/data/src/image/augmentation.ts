import type { RunConfig } from '#protocol/run/run-config.js';
import {
  afterwards,
  brightness,
  greyColours,
  hue,
  sameColours,
  saturation,
  type ColourMatrix,
} from './colour-matrix.js';
import type { PixelImage, Sides } from './decode-image.js';
import { writePixelValues } from './pixel-values.js';
import { Purpose, uniformStream } from '../sampling/random-bits.js';
import { resample, type Box, type FloatImage } from './resample.js';
import { rotate } from './rotate.js';

export type AugmentationConfig = RunConfig['data']['augmentation'];

/** The augmentation of one image. */
export interface Augmentation {
  readonly crop: Box;
  readonly radians: number;
  readonly flip: boolean;
  readonly colours: ColourMatrix;
}

/**
 * Augments a training image: random crop of random area and aspect ratio, rotation, bicubic resize to side × side,
 * colour changes, mirroring, normalisation. The result depends only on the pixels, the config and `seed`. It is written
 * to `into`, [side, side, 3] from `offset` on.
 */
export function augment(
  image: PixelImage,
  config: AugmentationConfig,
  seed: number,
  side: number,
  into: Float32Array,
  offset = 0,
): void {
  const { crop, radians, flip, colours } = drawAugmentation(image.original, config, seed);
  writePixelValues(cropTo(image, crop, radians, side), into, offset, flip, colours);
}

/**
 * Draws the augmentation for an image of this original size. The crop covers a share of the area drawn from `scale`,
 * with an aspect ratio drawn from `ratio` (uniform in its logarithm). If none of ten draws fits into the image, the
 * crop is centred. Brightness and saturation are multiplied by 1 ± colorJitter; hue is turned by at most colorJitter
 * quarter turns. Source: torchvision RandomResizedCrop, ColorJitter.
 */
export function drawAugmentation({ width, height }: Sides, config: AugmentationConfig, seed: number): Augmentation {
  const uniform = uniformStream(seed, Purpose.augmentation);
  const between = (low: number, high: number): number => low + (high - low) * uniform();
  // Each random number is drawn whether or not it is used, so that changing one setting leaves the effects of the
  // others as they were.
  const radians = (between(-config.rotateDegrees, config.rotateDegrees) * Math.PI) / 180;
  const flip = uniform() < config.flip;
  const grey = uniform() < config.grayscale;
  const jitter = config.colorJitter;
  const [light, depth, turn] = [
    between(1 - jitter, 1 + jitter),
    between(1 - jitter, 1 + jitter),
    between(-jitter, jitter) * (Math.PI / 2),
  ];
  const jittered = jitter === 0 ? sameColours : afterwards(afterwards(brightness(light), saturation(depth)), hue(turn));
  return {
    crop: drawCrop(width, height, config, between),
    radians,
    flip,
    colours: grey ? afterwards(jittered, greyColours) : jittered,
  };
}

/** How long the shorter side of an image must be so that the smallest possible crop still has `side` pixels. */
export function shortestSideFor(side: number, { scale }: AugmentationConfig): number {
  return Math.ceil(side / Math.sqrt(Math.min(...scale)));
}

const cropAttempts = 10;

function drawCrop(
  width: number,
  height: number,
  { scale, ratio }: AugmentationConfig,
  between: (low: number, high: number) => number,
): Box {
  const [logLeast, logMost] = [Math.log(ratio[0]), Math.log(ratio[1])];
  for (let attempt = 0; attempt < cropAttempts; attempt++) {
    const area = width * height * between(scale[0], scale[1]);
    const aspect = Math.exp(between(logLeast, logMost));
    const [cropWidth, cropHeight] = [Math.sqrt(area * aspect), Math.sqrt(area / aspect)];
    if (cropWidth > width || cropHeight > height) continue;
    return {
      left: between(0, width - cropWidth),
      top: between(0, height - cropHeight),
      width: cropWidth,
      height: cropHeight,
    };
  }
  const aspect = Math.min(Math.max(width / height, ratio[0]), ratio[1]);
  const [cropWidth, cropHeight] = [Math.min(width, height * aspect), Math.min(height, width / aspect)];
  return { left: (width - cropWidth) / 2, top: (height - cropHeight) / 2, width: cropWidth, height: cropHeight };
}

/** The crop, turned around its centre and resized: [side, side, 3]. */
function cropTo(image: PixelImage, crop: Box, radians: number, side: number): FloatImage {
  if (radians === 0) return resample(image, crop, side, side, upright(side * side * 3));
  // Resample the upright box around the turned crop, then rotate. The corners beyond the crop are filled from the image
  // itself.
  const growth = Math.abs(Math.cos(radians)) + Math.abs(Math.sin(radians));
  const outer = Math.ceil(side * growth);
  const stretch = outer / side;
  const box = {
    left: crop.left - (crop.width * (stretch - 1)) / 2,
    top: crop.top - (crop.height * (stretch - 1)) / 2,
    width: crop.width * stretch,
    height: crop.height * stretch,
  };
  return rotate(
    resample(image, box, outer, outer, upright(outer * outer * 3)),
    radians,
    side,
    side,
    turned(side * side * 3),
  );
}

const upright = reusedFloats();
const turned = reusedFloats();

/**
 * Returns a function that hands out one buffer of at least `count` floats, with whatever values the last use left in
 * it. Each image overwrites the buffer of the one before, because touching fresh memory costs more here than the
 * arithmetic. Only for intermediate values that are gone when `augment` returns.
 */
function reusedFloats(): (count: number) => Float32Array {
  let memory = new Float32Array(0);
  return (count) => {
    if (memory.length < count) memory = new Float32Array(count);
    return memory;
  };
}
