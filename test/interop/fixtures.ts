import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Device } from '#engine/device.js';
import { openModelWeights, type OpenWeightsOptions } from '#weights/model-weights.js';
import { differences, type ExpectedFile } from './embeddings.js';

/** Path of a file that make_fixtures.py wrote. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../test/interop/fixtures/${name}`, import.meta.url));
}

export const expectedFile = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as ExpectedFile;

/** Expects the weights at a path to give the embeddings that the tool computed with a model; returns their notes. */
export async function expectModelAt(
  path: string,
  model: string,
  device: Device,
  options: OpenWeightsOptions = {},
): Promise<readonly string[]> {
  const weights = await openModelWeights(path, options);
  try {
    const { image, text } = await differences(device, weights, expectedFile.images, expectedFile.models[model]!);
    expect(image).toBeLessThan(1e-5);
    expect(text).toBeLessThan(1e-5);
    return weights.notes;
  } finally {
    await weights.close();
  }
}
