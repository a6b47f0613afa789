// Goal: a model that Python saved gives the numbers that it gives in Python. Method: a small random CLIPModel saved by
// transformers 5.17, with its features of random images and tokens; and position embeddings as PyTorch 2.11 resizes
// them (bicubic, antialias).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { float32, int32, type HostTensor } from '#engine/tensor-spec.js';
import { requireTensor } from '#model/parameters/named-values.js';
import { resizeGridPositions } from '#model/parameters/position-embedding.js';
import type { TowerName } from '#model/towers/tower-step.js';
import { decodeSafetensors, type SafeTensor } from '#store/safetensors/safetensors.js';
import { openModelWeights, type ModelWeights } from '#weights/model-weights.js';
import { channelsLast } from '../support/models/channels-last.js';
import { featuresOf } from '../support/models/features.js';

const golden = (name: string): string => fileURLToPath(new URL(`../../../test/golden/${name}`, import.meta.url));
const tensorsOf = (name: string): Readonly<Record<string, SafeTensor>> =>
  decodeSafetensors(readFileSync(golden(name))).tensors;

describe('a CLIPModel saved by save_pretrained', () => {
  const file = tensorsOf('hugging-face/features.safetensors');
  let device: Device;
  let weights: ModelWeights;
  beforeAll(async () => {
    device = await openDevice({ kind: 'cpu', threads: 1 });
    weights = await openModelWeights(golden('hugging-face'));
  });
  afterAll(async () => {
    await weights.close();
    await device.close();
  });

  const rows = (tower: TowerName, samples: HostTensor): Promise<Float32Array> =>
    featuresOf(device, weights, tower, samples);

  it('gives its image features', async () => {
    const {
      shape: [count, , height, width],
    } = requireTensor(file, 'in/images');
    const images = float32(channelsLast(requireTensor(file, 'in/images')), [count!, height!, width!, 3]);
    expectNear(await rows('image', images), requireTensor(file, 'out/image_features'), 2e-6);
  });

  it('gives its text features, pooled at the end token', async () => {
    const { data, shape } = requireTensor(file, 'in/tokens');
    expectNear(
      await rows('text', int32(Int32Array.from(data, Number), shape)),
      requireTensor(file, 'out/text_features'),
      2e-6,
    );
  });
});

it.each([4, 5, 10, 14])('position embeddings of a 7 × 7 grid, resized to side %i', (side) => {
  const file = tensorsOf('positions.safetensors');
  const old = requireTensor(file, 'old');
  const width = old.shape[1]!;
  const withClass = new Float32Array(width + old.data.length);
  withClass.set(old.data as Float32Array, width);
  expectNear(resizeGridPositions(withClass, width, side).subarray(width), requireTensor(file, `to${side}`), 5e-6);
});

function expectNear(got: Float32Array, { data }: SafeTensor, tolerance: number): void {
  expect(got.length).toBe(data.length);
  expect(Math.max(...got.map((value, at) => Math.abs(value - (data[at] as number))))).toBeLessThan(tolerance);
}
