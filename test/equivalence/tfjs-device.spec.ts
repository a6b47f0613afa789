// Goal: a whole step runs on tfjs and gives what ONNX Runtime gives.
// Method: both towers of a tiny CLIP, staged as a worker stages them, and the loss, on either device; the same numbers in.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTower, type Tower } from '../../apps/worker/src/tower.js';
import type { Device } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { float32, int32, sizeOf, type HostTensor } from '#engine/tensor-spec.js';
import { openContrastiveLoss } from '#model/contrastive-loss.js';
import { initialParameters } from '#model/initialise.js';
import { parameterSpecs } from '#model/parameters.js';
import { seededRandom } from '#model/seeded-random.js';
import { towerParameters, type Tower as TowerName } from '#model/tower-step.js';
import { tinyClipConfig as config } from '../support/tiny-clip.js';

const b = 4;
const random = seededRandom(3, 'tfjs-device');
const normal = (shape: number[]): HostTensor => float32(new Float32Array(sizeOf(shape)).map(() => random.normal()), shape);
const { context_length: length, vocab_size: vocabulary } = config.text_cfg;
const samples: Record<TowerName, readonly HostTensor[]> = {
  image: [normal([b, 16, 16, 3]), normal([b, 16, 16, 3])],
  text: [0, 1].map(() => int32(new Int32Array(b * length).map(() => Math.floor(random.uniform() * vocabulary)), [b, length])),
};
const rowGradients = normal([b, config.embed_dim]).data as Float32Array;
const parameters = initialParameters(config, 5);

let devices: Record<'cpu' | 'tfjs', Device>;
beforeAll(async () => {
  devices = { cpu: await openDevice({ kind: 'cpu', threads: 1 }), tfjs: await openDevice({ kind: 'tfjs', threads: 1 }) };
});
afterAll(() => Promise.all(Object.values(devices).map((device) => device.close())));

describe('a step on tfjs', () => {
  it.each(['image', 'text'] as const)('%s tower: embeddings, and gradients summed over two micro-batches', async (name) => {
    const [expected, got] = [await towerStep(devices.cpu, name), await towerStep(devices.tfjs, name)];
    expect(Object.keys(got.gradients)).toEqual(towerParameters(config, name));
    expectNear(got.rows, expected.rows, 1e-5);
    for (const [parameter, gradient] of Object.entries(expected.gradients)) {
      expect(Math.hypot(...gradient), parameter).toBeGreaterThan(1e-6);
      expectNear(got.gradients[parameter]!, gradient, 1e-4 * Math.max(...gradient.map(Math.abs)));
    }
  });

  it('a stash that is made again gives the bits of one that was kept', async () => {
    const tower = await openedTower(devices.tfjs, 'image');
    const [batch] = samples.image as [HostTensor];
    const kept = await tower.forward(batch);
    const first = await gradientsOf(tower, 'image', () => tower.backward(batch, rowGradients, kept.stash));
    await kept.stash.dispose();
    const again = await gradientsOf(tower, 'image', async () => tower.backward(batch, rowGradients, (await tower.forward(batch)).stash));
    expect(again).toEqual(first);
    expect(await tower.stashBytes(b)).toBeGreaterThan(0);
  });

  it('the loss and its gradients', async () => {
    const rows = async (name: TowerName): Promise<Float32Array> => (await towerStep(devices.cpu, name)).rows;
    const [images, texts] = [await rows('image'), await rows('text')];
    const loss = async (device: Device) => {
      const tiled = await openContrastiveLoss(device, { batch: 2 * b, width: config.embed_dim, tile: 3 });
      return tiled.run(images, texts, 2);
    };
    const [expected, got] = [await loss(devices.cpu), await loss(devices.tfjs)];
    expect(got.loss).toBeCloseTo(expected.loss, 5);
    expectNear(got.imageGradients, expected.imageGradients, 1e-6);
    expectNear(got.textGradients, expected.textGradients, 1e-6);
  });
});

async function openedTower(device: Device, name: TowerName): Promise<Tower> {
  const tower = await openTower(device, config, name);
  await tower.setParameters(parameters);
  return tower;
}

async function towerStep(device: Device, name: TowerName): Promise<{ rows: Float32Array; gradients: Record<string, Float32Array> }> {
  const tower = await openedTower(device, name);
  const rows = new Float32Array(2 * b * config.embed_dim);
  const gradients = await gradientsOf(tower, name, async () => {
    for (const [index, batch] of samples[name].entries()) {
      const forward = await tower.forward(batch);
      rows.set(forward.rows, index * b * config.embed_dim);
      await tower.backward(batch, rowGradients, forward.stash);
      await forward.stash.dispose();
    }
  });
  return { rows, gradients };
}

/** What `run` adds to the gradients. */
async function gradientsOf(tower: Tower, name: TowerName, run: () => Promise<void>): Promise<Record<string, Float32Array>> {
  await tower.clearGradients();
  await run();
  const specs = parameterSpecs(config).filter((spec) => spec.tower === name);
  const into = Object.fromEntries(specs.map((spec) => [spec.name, new Float32Array(new SharedArrayBuffer(4 * sizeOf(spec.shape)))]));
  await tower.readGradients(into);
  return into;
}

function expectNear(got: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(got.length).toBe(expected.length);
  expect(Math.max(...expected.map((value, at) => Math.abs(value - got[at]!)))).toBeLessThanOrEqual(tolerance);
}
