import { openEncoder, type Encoder } from '#encoder/encoder.js';
import type { Device } from '#engine/device.js';
import { float32, int32, sizeOf, type HostTensor, type Precision } from '#engine/tensor-spec.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { seededRandom } from '#model/parameters/seeded-random.js';
import type { TowerName } from '#model/towers/tower-step.js';
import { tinyClipConfig as config } from './models/tiny-clip.js';

/** The numbers of one step of a tiny CLIP on a device. */
export interface DeviceStep {
  /** The embeddings of both micro-batches, [2b, d] by tower. */
  readonly rows: Readonly<Record<TowerName, Float32Array>>;
  /** The gradients by parameter, summed over the micro-batches. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
  /** The same gradients, with every stash thrown away and recomputed. */
  readonly gradientsAgain: Readonly<Record<string, Float32Array>>;
  readonly stashBytes: Readonly<Record<TowerName, number>>;
  readonly loss: number;
  readonly imageGradients: Float32Array;
  readonly textGradients: Float32Array;
}

const b = 4;
const microBatches = 2;
const random = seededRandom(3, 'device-step');
const normal = (shape: number[]): HostTensor =>
  float32(
    new Float32Array(sizeOf(shape)).map(() => random.normal()),
    shape,
  );
const { context_length: length, vocab_size: vocabulary } = config.text_cfg;
const side = config.vision_cfg.image_size;
const samples: Record<TowerName, readonly HostTensor[]> = {
  image: Array.from({ length: microBatches }, () => normal([b, side, side, 3])),
  text: Array.from({ length: microBatches }, () =>
    int32(
      new Int32Array(b * length).map(() => Math.floor(random.uniform() * vocabulary)),
      [b, length],
    ),
  ),
};
const normalGradients = normal([b, config.embed_dim]).data as Float32Array;

/**
 * Runs both towers, in two stages as on a worker, and the loss, with the same inputs on every device. The gradients of
 * the embeddings are scaled by 2^-`halvings`.
 */
export async function deviceStep(device: Device, precision: Precision = 'float32', halvings = 0): Promise<DeviceStep> {
  const [image, text] = [
    await towerStep(device, 'image', precision, halvings),
    await towerStep(device, 'text', precision, halvings),
  ];
  const loss = await openContrastiveLoss(device, { batch: microBatches * b, width: config.embed_dim, tile: 3 });
  const contrast = await loss.run({ images: image.rows, texts: text.rows }, { logit_scale: 2 });
  return {
    rows: { image: image.rows, text: text.rows },
    gradients: { ...image.gradients, ...text.gradients },
    gradientsAgain: { ...image.gradientsAgain, ...text.gradientsAgain },
    stashBytes: { image: image.stashBytes, text: text.stashBytes },
    loss: contrast.loss,
    imageGradients: contrast.imageGradients,
    textGradients: contrast.textGradients,
  };
}

async function towerStep(device: Device, name: TowerName, precision: Precision, halvings: number) {
  const tower = await openEncoder(device, config, name, { precision });
  const rowGradients = normalGradients.map((value) => value * 2 ** -halvings);
  const initial = initialParameters(config, 5);
  for (const parameter of tower.parameters) await tower.setParameter(parameter, initial[parameter]!);
  const rows = new Float32Array(microBatches * b * config.embed_dim);
  const gradients = await gradientsOf(tower, name, async (batch, index) => {
    const forward = await tower.forward(batch);
    rows.set(forward.rows, index * b * config.embed_dim);
    await tower.backward(batch, rowGradients, forward.stash);
    await forward.stash.dispose();
  });
  const gradientsAgain = await gradientsOf(tower, name, async (batch) => {
    await (await tower.forward(batch)).stash.dispose();
    const { stash } = await tower.forward(batch);
    await tower.backward(batch, rowGradients, stash);
    await stash.dispose();
  });
  return { rows, gradients, gradientsAgain, stashBytes: await tower.stashBytes(b) };
}

/** The gradients that `run` accumulates over the micro-batches, by parameter. */
async function gradientsOf(
  tower: Encoder,
  name: TowerName,
  run: (batch: HostTensor, index: number) => Promise<void>,
): Promise<Record<string, Float32Array>> {
  await tower.clearGradients();
  for (const [index, batch] of samples[name].entries()) await run(batch, index);
  const specs = parameterSpecs(config).filter((spec) => spec.tower === name);
  const into = Object.fromEntries(
    specs.map((spec) => [spec.name, new Float32Array(new SharedArrayBuffer(4 * sizeOf(spec.shape)))]),
  );
  for (const parameter of tower.parameters) await tower.readGradient(parameter, into[parameter]!);
  return into;
}

/**
 * A step that was taken in another process, how many kernels it ran, and the operators of those that ran on the CPU
 * instead of the device.
 */
export interface ProcessStep extends DeviceStep {
  readonly kernels: number;
  readonly onCpu: readonly string[];
}

/** A step as JSON, with its arrays in base64. */
export function printStep(step: ProcessStep): string {
  return JSON.stringify(step, (_name, value: unknown) =>
    value instanceof Float32Array
      ? { base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
      : value,
  );
}

export function parseStep(text: string): ProcessStep {
  return JSON.parse(text, (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('base64' in value)) return value;
    return new Float32Array(new Uint8Array(Buffer.from(value.base64 as string, 'base64')).buffer);
  }) as ProcessStep;
}
