// Goal: the tiled sigmoid loss equals its definition. Method: the loss in float64 over the whole matrix of logits, with
// finite differences for its gradients, on each device and for tiles of several sizes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '#engine/device.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import type { ContrastiveResult, Embeddings, LossParameters } from '#model/loss/contrastive-result.js';
import { largestLogitScale } from '#model/loss/logit-scale.js';
import { lossSchema } from '#protocol/run/loss-config.js';
import { devices } from '../support/devices.js';
import { unitVectors } from '../support/models/unit-vectors.js';
import { wholeMatrixLoss } from '../support/models/whole-matrix-loss.js';

let device: Device;
const sigmoid = lossSchema.parse({ kind: 'sigmoid' });
const sigLip: LossParameters = { logit_scale: Math.log(10), logit_bias: -10 };

describe.each(devices)('sigmoid loss, $name', ({ open }) => {
  beforeAll(async () => {
    device = await open();
  });
  afterAll(() => device.close());

  it('has the known loss of three pairs', async () => {
    const images = Float32Array.of(1, 0, 0.6, 0.8, 0, 1);
    const texts = Float32Array.of(0.8, 0.6, 0, 1, -0.6, 0.8);
    for (const tile of [1, 2, 3])
      expect((await tiled({ images, texts }, sigLip, { batch: 3, tile })).loss).toBeCloseTo(2.5352960709, 6);
  });

  it('has the known loss of eight orthonormal pairs', async () => {
    const identity = new Float32Array(64).map((_value, i) => (i % 9 === 0 ? 1 : 0));
    const { loss, accuracy } = await tiled({ images: identity, texts: identity }, sigLip, { batch: 8, tile: 3 });
    expect(Math.abs(loss / 0.6934649729 - 1)).toBeLessThan(1e-7);
    expect(accuracy).toBe(1);
  });

  it.each([
    { batch: 1, width: 3, tile: 4 },
    { batch: 2, width: 5, tile: 1 },
    { batch: 7, width: 4, tile: 7 },
    { batch: 13, width: 6, tile: 5 },
  ])('equals the loss over the whole matrix: N=$batch d=$width in tiles of $tile', async ({ batch, width, tile }) => {
    const embeddings = {
      images: unitVectors(batch, width, `images ${batch}`),
      texts: unitVectors(batch, width, `texts ${batch}`),
    };
    for (const parameters of [
      sigLip,
      { logit_scale: 0, logit_bias: 0.5 },
      { logit_scale: largestLogitScale, logit_bias: -3 },
    ]) {
      const expected = wholeMatrixLoss(sigmoid, embeddings, parameters, batch);
      const actual = await tiled(embeddings, parameters, { batch, tile });
      const tolerance = 2e-6 * Math.exp(parameters.logit_scale);
      expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(tolerance);
      expectNear(actual.imageGradients, expected.imageGradients, tolerance);
      expectNear(actual.textGradients, expected.textGradients, tolerance);
      expect(Object.keys(actual.lossGradients)).toEqual(['logit_scale', 'logit_bias']);
      expect(Math.abs(actual.lossGradients.logit_scale - expected.lossGradients['logit_scale']!)).toBeLessThan(
        2 * tolerance,
      );
      expect(Math.abs(actual.lossGradients.logit_bias! - expected.lossGradients['logit_bias']!)).toBeLessThan(
        tolerance,
      );
    }
  });

  it('a nearly learned batch: a loss of 1e-13 per pair is not lost in rounding', async () => {
    const images = new Float32Array(36).map((_value, i) => (i % 7 === 0 ? 1 : 0));
    const parameters = { logit_scale: Math.log(60), logit_bias: -30 };
    const [loss, wrong] = [6 * Math.log1p(Math.exp(-30)), 1 / (1 + Math.exp(30))];
    const actual = await tiled({ images, texts: images }, parameters, { batch: 6, tile: 4 });
    expect(Math.abs(actual.loss / loss - 1)).toBeLessThan(1e-4);
    // The gradient of an image: its own text attracts it, the five others repel it.
    const scale = (60 * wrong) / 6;
    expectNear(
      actual.imageGradients,
      [...images].map((own) => (own ? -scale : scale)),
      1e-4 * scale,
    );
    expect(Math.abs(actual.lossGradients.logit_bias! / (4 * wrong) - 1)).toBeLessThan(1e-4);
  });

  it('accuracy is the share of rows and columns whose own pair has the largest logit', async () => {
    const images = Float32Array.of(1, 0, 0, 1);
    const texts = Float32Array.of(0.8, 0.6, 1, 0);
    // Image 0 prefers text 1, image 1 text 0; text 0 prefers image 0, text 1 image 0.
    expect((await tiled({ images, texts }, sigLip, { batch: 2, tile: 1 })).accuracy).toBe(0.25);
    expect((await tiled({ images, texts: images.map(() => 0.5) }, sigLip, { batch: 2, tile: 2 })).accuracy).toBe(0);
  });

  it('gives the same bits when it is run again after another batch', async () => {
    const loss = await openContrastiveLoss(device, { batch: 9, width: 4, tile: 4, loss: sigmoid });
    const [images, texts] = [unitVectors(9, 4, 'a'), unitVectors(9, 4, 'b')];
    const first = await loss.run({ images, texts }, sigLip);
    await loss.run({ images: texts, texts: images }, { logit_scale: 3, logit_bias: 1 });
    expect(await loss.run({ images, texts }, sigLip)).toEqual(first);
    await loss.dispose();
  });

  it('refuses an embedding that is not finite, with its pair, and a bias that is not finite', async () => {
    const embeddings = { images: unitVectors(5, 3, 'a'), texts: unitVectors(5, 3, 'b') };
    await expect(tiled(embeddings, { ...sigLip, logit_bias: Infinity }, { batch: 5, tile: 2 })).rejects.toThrow(
      'logit_bias Infinity',
    );
    embeddings.texts[3 * 3 + 1] = NaN;
    await expect(tiled(embeddings, sigLip, { batch: 5, tile: 2 })).rejects.toMatchObject({
      code: 'NON_FINITE',
      context: { pair: 3 },
    });
  });
});

async function tiled(
  embeddings: Embeddings,
  parameters: LossParameters,
  { batch, tile }: { batch: number; tile: number },
): Promise<ContrastiveResult> {
  const loss = await openContrastiveLoss(device, {
    batch,
    width: embeddings.images.length / batch,
    tile,
    loss: sigmoid,
  });
  try {
    return await loss.run(embeddings, parameters);
  } finally {
    await loss.dispose();
  }
}

function expectNear(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(tolerance));
}
