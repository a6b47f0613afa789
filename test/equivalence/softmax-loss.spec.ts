// Goal: the tiled softmax loss equals its definition. Method: plain float64 loops over the whole matrix of logits, on
// each device and for tiles of several sizes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device, Executable } from '#engine/device.js';
import type { HostTensor } from '#engine/tensor-spec.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import type { ContrastiveResult } from '#model/loss/contrastive-result.js';
import { largestLogitScale } from '#model/loss/logit-scale.js';
import { devices } from '../support/devices.js';
import { unitVectors } from '../support/models/unit-vectors.js';

let device: Device;

describe.each(devices)('softmax loss, $name', ({ open }) => {
  beforeAll(async () => {
    device = await open();
  });
  afterAll(() => device.close());

  it('has the published loss and gradients', async () => {
    const images = Float32Array.of(1, 0, 0.6, 0.8, 0, 1);
    const texts = Float32Array.of(0.8, 0.6, 0, 1, -0.6, 0.8);
    for (const tile of [1, 2, 3]) {
      const result = await tiled(images, texts, Math.log(10), { batch: 3, tile });
      expect(result.loss).toBeCloseTo(1.3111575176739505, 5);
      expectNear(
        result.imageGradients,
        [-1.11478639, -0.83546077, 2.18661715, -1.20163815, 0.93898301, 1.76649447],
        1e-5,
      );
      expectNear(result.textGradients, [0.25129104, 2.25653736, -1.71235019, 0.62865765, 0.00641488, -1.471745], 1e-5);
      expect(result.lossGradients.logit_scale).toBeCloseTo(1.00236785, 5);
    }
  });

  it.each([
    ['s = 1/0.07', Math.log(1 / 0.07), 4.3741150902e-6],
    ['s = 1', 0, 1.2740088362],
  ])('eight orthonormal pairs, %s', async (_, logitScale, expected) => {
    const identity = new Float32Array(64).map((_value, i) => (i % 9 === 0 ? 1 : 0));
    const { loss, accuracy } = await tiled(identity, identity, logitScale, { batch: 8, tile: 3 });
    expect(Math.abs(loss / expected - 1)).toBeLessThan(1e-6);
    expect(accuracy).toBe(1);
  });

  it('equal embeddings: the loss is ln N and the accuracy 0', async () => {
    const { loss, accuracy } = await tiled(new Float32Array(20).fill(0.5), new Float32Array(20).fill(0.5), 2, {
      batch: 5,
      tile: 2,
    });
    expect(loss).toBeCloseTo(Math.log(5), 6);
    expect(accuracy).toBe(0);
  });

  it.each([
    { batch: 1, width: 3, tile: 4 },
    { batch: 2, width: 5, tile: 1 },
    { batch: 7, width: 4, tile: 7 },
    { batch: 7, width: 4, tile: 3 },
    { batch: 13, width: 6, tile: 5 },
    { batch: 24, width: 8, tile: 6 },
  ])('equals the loss over the whole matrix: N=$batch d=$width in tiles of $tile', async ({ batch, width, tile }) => {
    for (const logitScale of [0, Math.log(1 / 0.07), largestLogitScale]) {
      const images = unitVectors(batch, width, `images ${batch}`);
      const texts = unitVectors(batch, width, `texts ${batch}`);
      const expected = wholeMatrix(images, texts, batch, logitScale);
      const actual = await tiled(images, texts, logitScale, { batch, tile });
      expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(1e-5);
      expect(actual.accuracy).toBeCloseTo(expected.accuracy, 12);
      expectNear(actual.imageGradients, expected.imageGradients, 1e-5);
      expectNear(actual.textGradients, expected.textGradients, 1e-5);
      expect(Math.abs(actual.lossGradients.logit_scale - expected.logitScaleGradient)).toBeLessThan(
        1e-5 * Math.exp(logitScale),
      );
    }
  });

  it('matched pairs at s = 100: a loss and gradients of 1e-15 are not lost in rounding', async () => {
    const images = unitVectors(6, 64, 'matched');
    const expected = wholeMatrix(images, images, 6, largestLogitScale);
    const actual = await tiled(images, images, largestLogitScale, { batch: 6, tile: 4 });
    expect(expected.loss).toBeLessThan(1e-8);
    expect(Math.abs(actual.loss / expected.loss - 1)).toBeLessThan(1e-3);
    const scale = Math.max(...expected.imageGradients.map(Math.abs));
    expectNear(actual.imageGradients, expected.imageGradients, 1e-3 * scale);
  });

  it('gives the same bits when it is run again after another batch', async () => {
    const loss = await openContrastiveLoss(device, { batch: 9, width: 4, tile: 4 });
    const [images, texts] = [unitVectors(9, 4, 'a'), unitVectors(9, 4, 'b')];
    const first = await loss.run({ images, texts }, { logit_scale: 2 });
    await loss.run({ images: texts, texts: images }, { logit_scale: 3 });
    expect(await loss.run({ images, texts }, { logit_scale: 2 })).toEqual(first);
    await loss.dispose();
  });

  it('refuses an embedding that is not finite, with its pair', async () => {
    const images = unitVectors(5, 3, 'a');
    const texts = unitVectors(5, 3, 'b');
    texts[3 * 3 + 1] = NaN;
    await expect(tiled(images, texts, 1, { batch: 5, tile: 2 })).rejects.toMatchObject({
      code: 'NON_FINITE',
      context: { pair: 3 },
    });
  });

  it('refuses embeddings of another batch size', async () => {
    const loss = await openContrastiveLoss(device, { batch: 4, width: 3 });
    await expect(
      loss.run({ images: new Float32Array(12), texts: new Float32Array(9) }, { logit_scale: 1 }),
    ).rejects.toThrow('expected texts of 4 × 3 = 12 values, got 9');
    await loss.dispose();
  });

  it('notices a device whose second pass disagrees with its first', async () => {
    let faults = 0;
    const faulty = faultyDevice(device, (outputs) => {
      if (!outputs['rowProbabilities']) return outputs;
      faults++;
      return {
        ...outputs,
        rowProbabilities: {
          ...outputs['rowProbabilities'],
          data: outputs['rowProbabilities'].data.map((x) => x * 1.01),
        },
      };
    });
    const loss = await openContrastiveLoss(faulty, { batch: 6, width: 4, tile: 6 });
    await expect(
      loss.run({ images: unitVectors(6, 4, 'a'), texts: unitVectors(6, 4, 'b') }, { logit_scale: 1 }),
    ).rejects.toThrow('in the second pass');
    expect(faults).toBe(1);
  });
});

async function tiled(
  images: Float32Array,
  texts: Float32Array,
  logitScale: number,
  { batch, tile }: { batch: number; tile: number },
): Promise<ContrastiveResult> {
  const loss = await openContrastiveLoss(device, { batch, width: images.length / batch, tile });
  try {
    return await loss.run({ images, texts }, { logit_scale: logitScale });
  } finally {
    await loss.dispose();
  }
}

/** The loss and its gradients by their definition, in float64 over the whole matrix. */
function wholeMatrix(images: Float32Array, texts: Float32Array, batch: number, logitScale: number) {
  const width = images.length / batch;
  const scale = Math.exp(logitScale);
  const pairs = Array.from({ length: batch }, (_, i) => i);
  const dot = (i: number, j: number): number => sumOver(width, (k) => images[i * width + k]! * texts[j * width + k]!);
  const similarity = pairs.map((i) => pairs.map((j) => dot(i, j)));
  const logits = similarity.map((row) => row.map((x) => scale * x));
  const logSum = (values: number[]): number => {
    const max = Math.max(...values);
    return max + Math.log(values.reduce((sum, x) => sum + Math.exp(x - max), 0));
  };
  const rows = logits.map(logSum);
  const columns = pairs.map((j) => logSum(logits.map((row) => row[j]!)));
  // exp(S − r) − 1 of a pair's own entry is minus the sum of the other entries. That sum does not suffer cancellation.
  const rowShare = (i: number, j: number): number => Math.exp(logits[i]![j]! - rows[i]!);
  const columnShare = (i: number, j: number): number => Math.exp(logits[i]![j]! - columns[j]!);
  const others = (i: number, share: (j: number) => number): number =>
    pairs.reduce((sum, j) => sum + (j === i ? 0 : share(j)), 0);
  const ownGradient = (i: number): number => -others(i, (j) => rowShare(i, j)) - others(i, (j) => columnShare(j, i));
  const gradient = pairs.map((i) =>
    pairs.map((j) => (i === j ? ownGradient(i) : rowShare(i, j) + columnShare(i, j)) / (2 * batch)),
  );
  const own = pairs.map(
    (i) =>
      Math.log1p(others(i, (j) => Math.exp(logits[i]![j]! - logits[i]![i]!))) +
      Math.log1p(others(i, (j) => Math.exp(logits[j]![i]! - logits[i]![i]!))),
  );
  const ahead = (i: number, other: (j: number) => number): number =>
    pairs.every((j) => j === i || logits[i]![i]! > other(j)) ? 1 : 0;
  return {
    loss: own.reduce((sum, x) => sum + x, 0) / (2 * batch),
    accuracy: sumOver(batch, (i) => ahead(i, (j) => logits[i]![j]!) + ahead(i, (j) => logits[j]![i]!)) / (2 * batch),
    imageGradients: pairs.flatMap((i) =>
      vectorOf(width, (k) => scale * sumOver(batch, (j) => gradient[i]![j]! * texts[j * width + k]!)),
    ),
    textGradients: pairs.flatMap((j) =>
      vectorOf(width, (k) => scale * sumOver(batch, (i) => gradient[i]![j]! * images[i * width + k]!)),
    ),
    logitScaleGradient: sumOver(batch, (i) => sumOver(batch, (j) => gradient[i]![j]! * logits[i]![j]!)),
  };
}

function sumOver(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
}

function vectorOf(width: number, value: (k: number) => number): number[] {
  return Array.from({ length: width }, (_, k) => value(k));
}

function expectNear(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(tolerance));
}

function faultyDevice(
  inner: Device,
  fault: (outputs: Record<string, HostTensor>) => Record<string, HostTensor>,
): Device {
  return {
    ...inner,
    async compile(fn, inputs): Promise<Executable> {
      const executable = await inner.compile(fn, inputs);
      return { ...executable, run: async (feeds, into) => fault(await executable.run(feeds, into)) };
    },
  };
}
