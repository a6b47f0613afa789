import type { Device } from '#engine/device.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { trainableParameters } from '#model/parameters/trainable-parameters.js';
import type { TowerName } from '#model/towers/tower-step.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { openEncoder, type Encoder } from './encoder.js';
import { openFrozenEncoder } from './frozen-encoder.js';

/** Both encoders of a run's model, on a device. */
export interface Encoders extends Readonly<Record<TowerName, Encoder>> {
  /**
   * Passes a parameter or running statistic to the encoder that has it. The loss's own parameters belong to neither and
   * are ignored.
   */
  setParameter(name: string, values: Float32Array): Promise<void>;
  /**
   * Copies into shared memory the sum of a tensor since the gradients were cleared; zeros for the loss's own
   * parameters.
   */
  readGradient(name: string, into: Float32Array): Promise<void>;
  close(): Promise<void>;
}

/** The part of a run's config that determines its encoders. */
export type EncoderConfig = Pick<RunConfig, 'model' | 'precision' | 'train'>;

/**
 * Opens both encoders. A tower of which nothing is trained gets a frozen encoder, which only goes forward. Throws
 * UNSUPPORTED_OP if the device does not support the precision.
 */
export async function openEncoders(device: Device, config: EncoderConfig): Promise<Encoders> {
  const image = await openEither(device, config, 'image');
  const text = await openEither(device, config, 'text').catch(async (error: unknown) => {
    await image.close();
    throw error;
  });
  const towers = modelTensors(config.model).flatMap(({ name, tower }) =>
    tower === 'loss' ? [] : [[name, { image, text }[tower]] as const],
  );
  const encoderOf = new Map(towers);
  const takerOf = new Map(
    [image, text].flatMap((encoder) => encoder.parameters.map((name) => [name, encoder] as const)),
  );
  return {
    image,
    text,
    async setParameter(name, values) {
      await takerOf.get(name)?.setParameter(name, values);
    },
    async readGradient(name, into) {
      const encoder = encoderOf.get(name);
      if (encoder) await encoder.readGradient(name, into);
      else into.fill(0);
    },
    async close() {
      await text.close();
      await image.close();
    },
  };
}

function openEither(device: Device, config: EncoderConfig, tower: TowerName): Promise<Encoder> {
  const { model, precision } = config;
  const trainable = trainableParameters(config).filter((parameter) => parameter.tower === tower);
  if (trainable.length === 0) return openFrozenEncoder(device, model, tower, precision);
  return openEncoder(device, model, tower, { precision, trainable: trainable.map(({ name }) => name) });
}
