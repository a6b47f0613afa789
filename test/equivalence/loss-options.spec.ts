// Goal: masks and label smoothing, alone and together, are what their definitions say. Method: the tiled loss compared
// with the definition in float64 over the whole matrix of logits.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '#engine/device.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import type { ContrastiveResult, Embeddings } from '#model/loss/contrastive-result.js';
import { largestLogitScale } from '#model/loss/logit-scale.js';
import { lossSchema, type LossConfig } from '#protocol/run/loss-config.js';
import { devices } from '../support/devices.js';
import { unitVectors } from '../support/models/unit-vectors.js';
import { wholeMatrixLoss } from '../support/models/whole-matrix-loss.js';

const batch = 11;
const width = 5;
const embeddings: Embeddings = {
  images: unitVectors(batch, width, 'images'),
  texts: unitVectors(batch, width, 'texts'),
  captionIds: Int32Array.of(0, 1, 2, 0, 3, 4, 2, 0, 5, 6, 7),
  imageIds: Int32Array.of(0, 1, 2, 0, 3, 1, 4, 5, 6, 7, 7), // 0 and 3 are the same by both
};
const masks = [{}, { maskSameCaption: true }, { maskSameImage: true }, { maskSameCaption: true, maskSameImage: true }];
const losses: LossConfig[] = masks.flatMap((mask) => [
  ...[0, 0.1].map((labelSmoothing) => lossSchema.parse({ kind: 'softmax', labelSmoothing, ...mask })),
  lossSchema.parse({ kind: 'sigmoid', ...mask }),
]);

let device: Device;

describe.each(devices)('options of the loss, $name', ({ open }) => {
  beforeAll(async () => {
    device = await open();
  });
  afterAll(() => device.close());

  it.each(losses.map((loss) => [JSON.stringify(loss), loss] as const))(
    'equals the loss over the whole matrix: %s',
    async (_, loss) => {
      for (const logit_scale of [0, largestLogitScale]) {
        const parameters = { logit_scale, ...(loss.kind === 'sigmoid' && { logit_bias: -2 }) };
        const expected = wholeMatrixLoss(loss, embeddings, parameters, batch);
        const tolerance = 2e-6 * Math.exp(logit_scale);
        for (const tile of [1, 4, 11]) {
          const actual = await tiled(loss, embeddings, parameters, tile);
          expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(tolerance);
          expectNear(actual.imageGradients, expected.imageGradients, tolerance);
          expectNear(actual.textGradients, expected.textGradients, tolerance);
          for (const [name, gradient] of Object.entries(actual.lossGradients))
            expect(Math.abs(gradient - expected.lossGradients[name]!), name).toBeLessThan(2 * tolerance);
        }
      }
    },
  );

  it("label smoothing is PyTorch's: 0.7 of the loss plus 0.3 of the mean over all targets", async () => {
    // F.cross_entropy of I·Iᵀ for two orthogonal pairs: ln(1 + 1/e), and ln(1 + e) for the other target.
    const images = Float32Array.of(1, 0, 0, 1);
    const { loss } = await tiled(
      lossSchema.parse({ kind: 'softmax', labelSmoothing: 0.3 }),
      { images, texts: images },
      { logit_scale: 0 },
      2,
    );
    const [right, wrong] = [Math.log1p(Math.exp(-1)), Math.log1p(Math.exp(1))];
    expect(loss).toBeCloseTo(0.7 * right + 0.3 * ((right + wrong) / 2), 6);
  });

  it('if all pairs are equal, each is compared only with itself', async () => {
    const same = { ...embeddings, captionIds: new Int32Array(batch) };
    const softmax = await tiled(
      lossSchema.parse({ kind: 'softmax', labelSmoothing: 0.2, maskSameCaption: true }),
      same,
      { logit_scale: 2 },
      4,
    );
    expect(Math.abs(softmax.loss)).toBeLessThan(1e-12);
    expectNear(softmax.imageGradients, new Array<number>(batch * width).fill(0), 1e-6);
    expect(softmax.accuracy).toBe(1);
    const sigmoid = await tiled(
      lossSchema.parse({ kind: 'sigmoid', maskSameCaption: true }),
      same,
      { logit_scale: 0, logit_bias: 1 },
      4,
    );
    const ofOwn = sumOver(batch, (i) =>
      Math.log1p(Math.exp(-1 - sumOver(width, (k) => same.images[i * width + k]! * same.texts[i * width + k]!))),
    );
    expect(sigmoid.loss).toBeCloseTo(ofOwn / batch, 6);
  });

  it('a masked pair does not count in the accuracy', async () => {
    const images = Float32Array.of(1, 0, 1, 0);
    const twice = { images, texts: images, captionIds: Int32Array.of(4, 4) };
    expect((await tiled(lossSchema.parse({ kind: 'softmax' }), twice, { logit_scale: 1 }, 2)).accuracy).toBe(0);
    expect(
      (await tiled(lossSchema.parse({ kind: 'softmax', maskSameCaption: true }), twice, { logit_scale: 1 }, 2))
        .accuracy,
    ).toBe(1);
  });

  it('refuses a batch without the ids that the masks need', async () => {
    const { images, texts } = embeddings;
    await expect(
      tiled(
        lossSchema.parse({ kind: 'sigmoid', maskSameImage: true }),
        { images, texts },
        { logit_scale: 1, logit_bias: 0 },
        4,
      ),
    ).rejects.toThrow('expected imageIds');
  });
});

async function tiled(
  loss: LossConfig,
  given: Embeddings,
  parameters: { logit_scale: number; logit_bias?: number },
  tile: number,
): Promise<ContrastiveResult> {
  const rows = given.captionIds?.length ?? (given.images.length === 4 ? 2 : batch);
  const opened = await openContrastiveLoss(device, { batch: rows, width: given.images.length / rows, tile, loss });
  try {
    return await opened.run(given, parameters);
  } finally {
    await opened.dispose();
  }
}

function expectNear(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(tolerance));
}

function sumOver(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
}
