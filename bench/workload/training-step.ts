import type { Device } from '#engine/device.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import { trainingFlops } from '#model/flops/flops.js';
import { initialLogitScale } from '#model/loss/logit-scale.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { sharedFloats } from '#model/parameters/shared-floats.js';
import { sizeOf, type Precision } from '#engine/tensor-spec.js';
import type { ClipConfig } from '#protocol/run-config.js';
import { madeUpParameters, madeUpSamples } from '#encoder/made-up-values.js';
import { openEncoder, type Encoder } from '#encoder/encoder.js';

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
  /** b, which divides N. */
  readonly microBatch: number;
  readonly precision?: Precision;
}

type Encoded = Readonly<Record<'image' | 'text', Awaited<ReturnType<Encoder['forward']>>>>;

export async function openTrainingStep(device: Device, { model, batch, microBatch: b, precision = 'float32' }: StepShape): Promise<TrainingStep> {
  const [image, text] = [await openEncoder(device, model, 'image', { precision }), await openEncoder(device, model, 'text', { precision })];
  const [images, tokens] = [madeUpSamples(model, 'image', b), madeUpSamples(model, 'text', b)];
  const loss = await openContrastiveLoss(device, { batch, width: model.embed_dim });
  for (const [name, values] of Object.entries(madeUpParameters(model, 'image'))) await image.setParameter(name, values);
  for (const [name, values] of Object.entries(madeUpParameters(model, 'text'))) await text.setParameter(name, values);

  const rowsOf = (from: number, values: Float32Array): Float32Array => values.subarray(from * model.embed_dim, (from + b) * model.embed_dim);
  const encode = async (): Promise<Encoded> => ({ image: await image.forward(images), text: await text.forward(tokens) });
  const backprop = async (kept: Encoded, imageGradients: Float32Array, textGradients: Float32Array): Promise<void> => {
    await image.backward(images, imageGradients, kept.image.stash);
    await text.backward(tokens, textGradients, kept.text.stash);
    await dispose(kept);
  };
  return {
    gigaflops: (batch * trainingFlops(model)) / 1e9,
    async take(between) {
      const embeddings = { images: new Float32Array(batch * model.embed_dim), texts: new Float32Array(batch * model.embed_dim) };
      const kept = new Map<number, Encoded>();
      for (let from = 0; from < batch; from += b) {
        const encoded = await encode();
        rowsOf(from, embeddings.images).set(encoded.image.rows);
        rowsOf(from, embeddings.texts).set(encoded.text.rows);
        if (between === 'stash') kept.set(from, encoded);
        else await dispose(encoded);
      }
      const { imageGradients, textGradients } = await loss.run(embeddings, { logit_scale: initialLogitScale });
      await Promise.all([image.clearGradients(), text.clearGradients()]);
      for (let from = 0; from < batch; from += b) await backprop(kept.get(from) ?? (await encode()), rowsOf(from, imageGradients), rowsOf(from, textGradients));
      // A graphics card is done when what it computed can be read.
      await Promise.all([image, text].map((tower) => readSmallestGradient(tower, model)));
    },
  };
}

async function readSmallestGradient({ parameters, readGradient }: Encoder, model: ClipConfig): Promise<void> {
  const smallest = parameterSpecs(model).filter(({ name }) => parameters.includes(name)).reduce((least, spec) => (sizeOf(spec.shape) < sizeOf(least.shape) ? spec : least));
  await readGradient(smallest.name, sharedFloats(sizeOf(smallest.shape)));
}

async function dispose({ image, text }: Encoded): Promise<void> {
  await Promise.all([image.stash.dispose(), text.stash.dispose()]);
}
