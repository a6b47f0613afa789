import type { Device, Stash } from '#engine/device.js';
import { float32, int32, type HostTensor } from '#engine/tensor-spec.js';
import { openContrastiveLoss } from '#model/contrastive-loss.js';
import { trainingFlops } from '#model/flops.js';
import { initialParameters } from '#model/initialise.js';
import type { ClipConfig } from '#protocol/run-config.js';
import { openTower, type Tower } from '../../apps/worker/src/tower.js';
import { captionTokens, normals } from './random-values.js';

/** A step of training up to the sum of its gradients, as worker and coordinator take it, in one process. */
export interface TrainingStep {
  /** Formula operations of a step; what is done twice counts once. */
  readonly gigaflops: number;
  /** Between the passes, `stash` keeps what backward needs of every micro-batch, `recompute` keeps nothing. */
  take(between: 'stash' | 'recompute'): Promise<void>;
}

export interface StepShape {
  readonly model: ClipConfig;
  /** N */
  readonly batch: number;
  /** b */
  readonly microBatch: number;
}

interface MicroBatch {
  readonly images: HostTensor;
  readonly tokens: HostTensor;
}

interface Encoded {
  readonly image: Awaited<ReturnType<Tower['forward']>>;
  readonly text: Awaited<ReturnType<Tower['forward']>>;
}

export async function openTrainingStep(device: Device, { model, batch, microBatch: b }: StepShape): Promise<TrainingStep> {
  const d = model.embed_dim;
  const parameters = initialParameters(model, 0);
  const [image, text] = [await openTower(device, model, 'image'), await openTower(device, model, 'text')];
  const loss = await openContrastiveLoss(device, { batch, width: d });
  await Promise.all([image.setParameters(parameters), text.setParameters(parameters)]);
  const samples = microBatches(model, batch, b);

  const encode = async ({ images, tokens }: MicroBatch): Promise<Encoded> => ({ image: await image.forward(images), text: await text.forward(tokens) });
  return {
    gigaflops: (batch * trainingFlops(model)) / 1e9,
    async take(between) {
      const [images, texts] = [new Float32Array(batch * d), new Float32Array(batch * d)];
      const kept: (Encoded | undefined)[] = [];
      for (const [micro, sample] of samples.entries()) {
        const encoded = await encode(sample);
        images.set(encoded.image.rows, micro * b * d);
        texts.set(encoded.text.rows, micro * b * d);
        if (between === 'recompute') await dispose(encoded);
        kept.push(between === 'stash' ? encoded : undefined);
      }
      const { imageGradients, textGradients } = await loss.run(images, texts, parameters['logit_scale']![0]!);
      await Promise.all([image.clearGradients(), text.clearGradients()]);
      for (const [micro, sample] of samples.entries()) {
        const encoded = kept[micro] ?? (await encode(sample));
        const [from, to] = [micro * b * d, (micro + 1) * b * d];
        await image.backward(sample.images, imageGradients.subarray(from, to), encoded.image.stash);
        await text.backward(sample.tokens, textGradients.subarray(from, to), encoded.text.stash);
        await dispose(encoded);
      }
    },
  };
}

function microBatches({ vision_cfg: vision, text_cfg: text }: ClipConfig, batch: number, b: number): MicroBatch[] {
  const { image_size: side } = vision;
  const { context_length: length, vocab_size: vocabulary } = text;
  return Array.from({ length: batch / b }, (_, micro) => ({
    images: float32(normals(b * side * side * 3, `images ${micro}`), [b, side, side, 3]),
    tokens: int32(captionTokens(b, length, vocabulary, `tokens ${micro}`), [b, length]),
  }));
}

async function dispose({ image, text }: Encoded): Promise<void> {
  const stashes: readonly Stash[] = [image.stash, text.stash];
  await Promise.all(stashes.map((stash) => stash.dispose()));
}
