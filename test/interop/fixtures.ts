import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Device } from '#engine/device.js';
import { float32, int32, type HostTensor } from '#engine/tensor-spec.js';
import { openModelWeights, type ModelWeights, type OpenWeightsOptions } from '#weights/model-weights.js';
import { channelsLast } from '../support/models/channels-last.js';
import { featuresOf } from '../support/models/features.js';

/** What a tool computed with a model that it wrote: rows [n, d], not normalised. */
interface Expected {
  readonly tokens: readonly (readonly number[])[];
  readonly image: readonly number[];
  readonly text: readonly number[];
}

interface ExpectedFile {
  /** Of the tools that wrote the files. */
  readonly versions: Readonly<Record<string, string>>;
  /** [n, 3, H, W] */
  readonly images: { readonly shape: readonly number[]; readonly values: readonly number[] };
  readonly models: Readonly<Record<string, Expected>>;
}

/** Path of a file that make_fixtures.py wrote. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../test/interop/fixtures/${name}`, import.meta.url));
}

export const expectedFile = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as ExpectedFile;

/** The images that all models were given, [n, H, W, 3]. */
export function images(): HostTensor {
  const { shape, values } = expectedFile.images;
  const [count, , height, width] = shape as [number, number, number, number];
  const pixels = channelsLast({ dtype: 'F32', shape, data: Float32Array.from(values) });
  return float32(pixels, [count, height, width, 3]);
}

/** The tokens that a model was given, [n, L]. */
export function tokensOf(model: string): HostTensor {
  const { tokens } = expectedFile.models[model]!;
  return int32(Int32Array.from(tokens.flat()), [tokens.length, tokens[0]!.length]);
}

/** Expects weights to give the embeddings that the tool computed with a model, to 1e-5. */
export async function expectEmbeddings(device: Device, weights: ModelWeights, model: string): Promise<void> {
  const { image, text } = expectedFile.models[model]!;
  const d = weights.config.embed_dim;
  expectNear(await featuresOf(device, weights, 'image', images()), unitRows(image, d));
  expectNear(await featuresOf(device, weights, 'text', tokensOf(model)), unitRows(text, d));
}

function unitRows(values: readonly number[], d: number): number[] {
  return values.map((value, at) => value / Math.hypot(...values.slice(at - (at % d), at - (at % d) + d)));
}

/** Opens the weights at a path, expects them to give a model's embeddings, and returns their notes. */
export async function expectModelAt(
  path: string,
  model: string,
  device: Device,
  options: OpenWeightsOptions = {},
): Promise<readonly string[]> {
  const weights = await openModelWeights(path, options);
  try {
    await expectEmbeddings(device, weights, model);
    return weights.notes;
  } finally {
    await weights.close();
  }
}

export function expectNear(got: ArrayLike<number>, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  expect(Math.max(...expected.map((value, at) => Math.abs(value - got[at]!)))).toBeLessThan(1e-5);
}
