import { z } from 'zod';
import { pixelMean, pixelStd } from '#data/image/normalisation.js';
import { documentBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import { getAtMost } from '#store/get-at-most.js';
import type { Store } from '#store/store.js';

/** How pictures become the input of a model, in open_clip's terms: the keys of preprocess_cfg. */
export interface Preprocessing {
  /** Of red, green and blue, each from 0 to 1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly interpolation: string;
  /** shortest: to the shorter side, then cropped; squash: to a square. */
  readonly resize_mode: string;
}

/** Tandem's, whatever the model: CLIP's own. */
export const ownPreprocessing: Preprocessing = {
  mean: pixelMean,
  std: pixelStd,
  interpolation: 'bicubic',
  resize_mode: 'shortest',
};

const channels = z.array(z.number()).length(3);
const openClipSchema = z.object({
  preprocess_cfg: z.object({
    mean: channels.optional(),
    std: channels.optional(),
    interpolation: z.string().optional(),
    resize_mode: z.string().optional(),
  }),
});
const huggingFaceSchema = z.object({
  image_mean: channels.optional(),
  image_std: channels.optional(),
  resample: z.int().optional(),
  size: z.union([z.number(), z.record(z.string(), z.unknown())]).optional(),
});

/** Pillow's numbers. */
const interpolations: readonly (string | undefined)[] = ['nearest', 'lanczos', 'bilinear', 'bicubic'];

/**
 * Reads how the tool that wrote a model prepares its pictures: from `config`, a document of open_clip, or from Hugging
 * Face's preprocessor_config.json in the store. Undefined if neither says so.
 */
export async function preprocessingBeside(store: Store, config: unknown): Promise<Preprocessing | undefined> {
  const openClip = openClipSchema.safeParse(config);
  if (openClip.success) return withDefaults(openClip.data.preprocess_cfg);
  const key = 'preprocessor_config.json';
  if ((await store.size(key)) === undefined) return undefined;
  const theirs = huggingFaceSchema.safeParse(jsonOf(await getAtMost(store, key, documentBytesMax)));
  if (!theirs.success) return undefined;
  const { image_mean: mean, image_std: std, resample = 3, size } = theirs.data;
  const isSquashed = typeof size === 'object' && 'height' in size && 'width' in size;
  return withDefaults({
    mean,
    std,
    interpolation: interpolations[resample],
    resize_mode: isSquashed ? 'squash' : undefined,
  });
}

/** What a model's pictures were prepared with and Tandem does otherwise, as a sentence; none if nothing. */
export function preprocessingNotes(theirs: Preprocessing | undefined): string[] {
  if (!theirs) return [];
  const keys = ['mean', 'std', 'interpolation', 'resize_mode'] as const;
  const differing = keys.filter((key) => !isClose(theirs[key], ownPreprocessing[key]));
  if (differing.length === 0) return [];
  const shown = differing.map((key) => `${key} ${shownValue(theirs[key])} (here ${shownValue(ownPreprocessing[key])})`);
  return [`its pictures are prepared with ${shown.join(', ')}: Tandem gives other embeddings of a picture`];
}

/** The keys of Hugging Face's preprocessor_config.json that say so, for pictures of this side. */
export function huggingFacePreprocessing(
  { mean, std, interpolation, resize_mode }: Preprocessing,
  side: number,
): Record<string, unknown> {
  const resample = interpolations.indexOf(interpolation);
  return {
    image_mean: mean,
    image_std: std,
    ...(resample >= 0 && { resample }),
    ...(resize_mode === 'squash' && { size: { height: side, width: side }, do_center_crop: false }),
  };
}

function withDefaults(given: {
  readonly [Key in keyof Preprocessing]?: Preprocessing[Key] | undefined;
}): Preprocessing {
  return {
    mean: given.mean ?? ownPreprocessing.mean,
    std: given.std ?? ownPreprocessing.std,
    interpolation: given.interpolation ?? ownPreprocessing.interpolation,
    resize_mode: given.resize_mode ?? ownPreprocessing.resize_mode,
  };
}

function isClose(one: string | readonly number[], other: string | readonly number[]): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return one.every((value, at) => Math.abs(value - (other[at] ?? 0)) < 1e-4);
}

function shownValue(value: string | readonly number[]): string {
  return typeof value === 'string' ? value.slice(0, 40) : value.map((one) => one.toFixed(4)).join(' ');
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch {
    return undefined; // Whoever needs it says so.
  }
}
