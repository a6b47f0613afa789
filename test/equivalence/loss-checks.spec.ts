// Goal: a loss notices numbers that a device or a memory got wrong, and never doubts right ones. Method: a device that
// flips one bit of one number, in every kind of number that the loss reads from it; and many random batches.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device, DeviceTensor, Executable } from '#engine/device.js';
import type { TypedArray } from '#engine/tensor-spec.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import type { ContrastiveResult, Embeddings, LossParameters } from '#model/loss/contrastive-result.js';
import { largestLogitScale } from '#model/loss/logit-scale.js';
import { seededRandom } from '#model/parameters/seeded-random.js';
import { lossSchema, type LossConfig } from '#protocol/run/loss-config.js';
import { devices } from '../support/devices.js';
import { unitVectors } from '../support/models/unit-vectors.js';

const masks = [{}, { maskSameCaption: true }, { maskSameCaption: true, maskSameImage: true }];
const losses: LossConfig[] = masks.flatMap((mask) => [
  ...[0, 0.1].map((labelSmoothing) => lossSchema.parse({ kind: 'softmax', labelSmoothing, ...mask })),
  lossSchema.parse({ kind: 'sigmoid', ...mask }),
]);
const named = losses.map((loss) => [JSON.stringify(loss), loss] as const);

/** `likeness` 1: texts are images; 0: they have nothing to do with each other. */
function batchOf(batch: number, width: number, likeness: number, name: string): Embeddings {
  const random = seededRandom(5, name);
  const ids = (): Int32Array => Int32Array.from({ length: batch }, () => Math.floor(random.uniform() * batch));
  const images = unitVectors(batch, width, `images ${name}`);
  const texts = unitVectors(batch, width, `texts ${name}`).map(
    (value, i) => likeness * images[i]! + (1 - likeness) * value,
  );
  for (let i = 0; i < batch; i++) {
    const row = texts.subarray(i * width, (i + 1) * width);
    const length = Math.hypot(...row);
    row.forEach((value, k) => (row[k] = value / length));
  }
  return { images, texts, captionIds: ids(), imageIds: ids() };
}

/** A model that has collapsed: all images are one row and all texts are one row, perhaps the same. */
function collapsed(batch: number, width: number, likeness: number): Embeddings {
  const { images, texts, ...ids } = batchOf(1, width, likeness, 'collapsed');
  const repeated = (row: Float32Array): Float32Array =>
    Float32Array.from({ length: batch * width }, (_, at) => row[at % width]!);
  const all = Int32Array.from({ length: batch }, (_, at) => at);
  return { images: repeated(images), texts: repeated(texts), ...ids, captionIds: all, imageIds: all };
}

function parametersOf(loss: LossConfig, logit_scale: number): LossParameters {
  return { logit_scale, ...(loss.kind === 'sigmoid' && { logit_bias: -3 }) };
}

let device: Device;

describe.each(devices)('the checks of a loss, $name', ({ open }) => {
  beforeAll(async () => {
    device = await open();
  });
  afterAll(() => device.close());

  it.each(named)('doubt no batch that is right: %s', async (_, loss) => {
    for (const [batch, width, tile] of [
      [2, 4, 4],
      [9, 5, 4],
      [70, 32, 32],
    ] as const) {
      const opened = await openContrastiveLoss(device, { batch, width, tile, loss });
      for (const scale of [0, Math.log(1 / 0.07), largestLogitScale])
        for (const likeness of [0, 0.5, 0.99, 1]) {
          await opened.run(batchOf(batch, width, likeness, `${batch} ${scale}`), parametersOf(loss, scale));
          await opened.run(collapsed(batch, width, likeness), parametersOf(loss, scale));
        }
      await opened.dispose();
    }
  });

  it.each(named)(
    'a flipped bit of dI or dT is found, but for those that change next to nothing: %s',
    async (_, loss) => {
      const given = batchOf(12, 8, 0.5, 'flipped');
      const parameters = parametersOf(loss, Math.log(1 / 0.07));
      const [right] = await lossesOf(loss, given, parameters, []);
      const size = Math.max(...(right as ContrastiveResult).imageGradients.map(Math.abs));
      for (const bit of [31, 30, 26, 23, 22, 16, 12, 0]) {
        const flips = Array.from(
          { length: 6 },
          (_, read) => ({ of: 'gradients', read, at: 7 * read + bit, bit }) as const,
        );
        for (const found of await lossesOf(loss, given, parameters, flips)) {
          if (found instanceof Error)
            expect(found.message).toMatch(/contradicts itself: expected (the sum of column|⟨I, dI⟩)/);
          else expectNear(found, right as ContrastiveResult, 1e-3 * size);
        }
      }
      const [found] = await lossesOf(loss, given, parameters, [{ of: 'gradients', read: 0, at: 3, bit: 31 }]);
      expect(found).toMatchObject({ code: 'CHECK_FAILED', retryable: true });
    },
  );

  it.each(named)('a flipped bit in what tiles give back is found, or changes no gradient: %s', async (_, loss) => {
    const given = batchOf(12, 8, 0.5, 'flipped');
    const parameters = parametersOf(loss, Math.log(1 / 0.07));
    const [right] = await lossesOf(loss, given, parameters, []);
    const size = Math.max(...(right as ContrastiveResult).imageGradients.map(Math.abs));
    let noticed = 0;
    for (const bit of [31, 29, 24, 22]) {
      const flips = Array.from({ length: 20 }, (_, read) => ({ of: 'outputs', read, at: read + bit, bit }) as const);
      for (const found of await lossesOf(loss, given, parameters, flips)) {
        if (found instanceof Error) noticed++;
        else expectNear(found, right as ContrastiveResult, 1e-3 * size);
      }
    }
    expect(noticed).toBeGreaterThan(10);
  });
});

/** One bit of the element `at` of the number `read` of the arrays that the loss reads from its device. */
interface Flip {
  readonly of: 'gradients' | 'outputs';
  readonly read: number;
  readonly at: number;
  readonly bit: number;
}

/** The result of a run for each flip, or its error; without flips, of an undisturbed run. */
async function lossesOf(
  loss: LossConfig,
  given: Embeddings,
  parameters: LossParameters,
  flips: readonly Flip[],
): Promise<(ContrastiveResult | Error)[]> {
  const faulty = faultyDevice(device);
  const opened = await openContrastiveLoss(faulty.device, { batch: 12, width: 8, tile: 6, loss });
  const results: (ContrastiveResult | Error)[] = [];
  for (const flip of flips.length > 0 ? flips : [undefined]) {
    faulty.plant(flip);
    results.push(await opened.run(given, parameters).catch((error: Error) => error));
    if (flip) expect(faulty.flipped(), `flip ${JSON.stringify(flip)}`).toBe(1);
  }
  await opened.dispose();
  return results;
}

function faultyDevice(inner: Device) {
  let planted: Flip | undefined;
  let reads = 0;
  let flips = 0;
  const pass = (of: Flip['of'], data: TypedArray): void => {
    if (planted?.of !== of || reads++ !== planted.read) return;
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    bits[planted.at % data.length]! ^= 2 ** planted.bit;
    flips++;
  };
  return {
    plant(flip: Flip | undefined) {
      [planted, reads, flips] = [flip, 0, 0];
    },
    flipped: () => flips,
    device: {
      ...inner,
      async allocate(spec): Promise<DeviceTensor> {
        const tensor = await inner.allocate(spec);
        return {
          ...tensor,
          async read(into) {
            const data = await tensor.read(into);
            pass('gradients', data);
            return data;
          },
        };
      },
      async compile(fn, inputs): Promise<Executable> {
        const executable = await inner.compile(fn, inputs);
        return {
          ...executable,
          async run(feeds, into) {
            const outputs = await executable.run(feeds, into);
            for (const { data } of Object.values(outputs)) pass('outputs', data);
            return outputs;
          },
        };
      },
    } satisfies Device,
  };
}

function expectNear(found: ContrastiveResult, right: ContrastiveResult, tolerance: number): void {
  for (const name of ['imageGradients', 'textGradients'] as const)
    found[name].forEach((value, i) => expect(Math.abs(value - right[name][i]!)).toBeLessThanOrEqual(tolerance));
}
