import type { Device } from '#engine/device.js';
import { float32, int32, type HostTensor } from '#engine/tensor-spec.js';
import type { ModelWeights } from '#weights/model-weights.js';
import { channelsLast } from '../support/models/channels-last.js';
import { featuresOf } from '../support/models/features.js';

/** What a tool computed with a model that it wrote: rows [n, d], not normalised. */
export interface Expected {
  readonly tokens: readonly (readonly number[])[];
  readonly image: readonly number[];
  readonly text: readonly number[];
}

/** [n, 3, H, W] */
export interface Images {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** expected.json, as make_fixtures.py writes it. */
export interface ExpectedFile {
  /** Of the tools that wrote the files. */
  readonly versions: Readonly<Record<string, string>>;
  readonly images: Images;
  readonly models: Readonly<Record<string, Expected>>;
  /** The models that are read without any option: their names in `models`, and where they are. */
  readonly files: readonly { readonly name: string; readonly path: string }[];
}

/** The largest differences between the embeddings of weights and what a tool computed, over rows of unit length. */
export async function differences(
  device: Device,
  weights: ModelWeights,
  images: Images,
  { tokens, image, text }: Expected,
): Promise<{ readonly image: number; readonly text: number }> {
  const d = weights.config.embed_dim;
  return {
    image: distance(await featuresOf(device, weights, 'image', pixelsOf(images)), unitRows(image, d)),
    text: distance(await featuresOf(device, weights, 'text', tokenTensor(tokens)), unitRows(text, d)),
  };
}

export function tokenTensor(tokens: readonly (readonly number[])[]): HostTensor {
  return int32(Int32Array.from(tokens.flat()), [tokens.length, tokens[0]!.length]);
}

/** [n, H, W, 3] */
function pixelsOf({ shape, values }: Images): HostTensor {
  const [count, , height, width] = shape as [number, number, number, number];
  const pixels = channelsLast({ dtype: 'F32', shape, data: Float32Array.from(values) });
  return float32(pixels, [count, height, width, 3]);
}

function unitRows(values: readonly number[], d: number): number[] {
  return values.map((value, at) => value / Math.hypot(...values.slice(at - (at % d), at - (at % d) + d)));
}

export function distance(got: ArrayLike<number>, expected: readonly number[]): number {
  if (got.length !== expected.length) return Infinity;
  return Math.max(...expected.map((value, at) => Math.abs(value - got[at]!)));
}
