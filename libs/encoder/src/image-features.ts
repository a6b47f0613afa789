import type { Device, DeviceTensor, Executable } from '#engine/device.js';
import { float32 } from '#engine/tensor-spec.js';
import { imageFeaturesForward, towerInputs } from '#model/towers/tower-step.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import type { Encoder } from './encoder.js';

/** The image tower in evaluation: it shares the parameters of the encoder that trains. */
export interface ImageFeatures {
  /** Takes a running statistic, by which batch norms normalise in evaluation; any other tensor is ignored. */
  setParameter(name: string, values: Float32Array): Promise<void>;
  /** At most b prepared images [n, H, W, 3] → `features` [n, w] and `embeddings` [n, d], rows of unit length. */
  embed(images: Float32Array): Promise<{ readonly features: Float32Array; readonly embeddings: Float32Array }>;
  close(): Promise<void>;
}

/** Compiles nothing before the first call of `embed`. It computes in float32, whatever the run trains in. */
export async function openImageFeatures(
  device: Device,
  config: ClipConfig,
  encoder: Pick<Encoder, 'tensors'>,
  b: number,
): Promise<ImageFeatures> {
  const { images: samples, ...specs } = towerInputs(config, 'image', b);
  const own: Record<string, DeviceTensor> = {};
  for (const [name, spec] of Object.entries(specs)) if (!encoder.tensors[name]) own[name] = await device.allocate(spec);
  let compiling: Promise<Executable> | undefined;
  return {
    async setParameter(name, values) {
      await own[name]?.write(values);
    },
    async embed(images) {
      const [, height, width, channels] = samples!.shape as readonly [number, number, number, number];
      const imageValues = height * width * channels;
      const n = images.length / imageValues;
      if (!Number.isInteger(n) || n > b)
        throw new RangeError(`embed: expected at most ${b} images of ${imageValues} values, got ${images.length}`);
      compiling ??= device.compile(imageFeaturesForward(config), towerInputs(config, 'image', b), {
        cacheKey: { function: 'imageFeaturesForward', config },
        source: {
          module: import.meta.resolve('#model/towers/tower-step.js'),
          name: 'imageFeaturesForward',
          arguments: [config],
        },
      });
      const executable = await compiling;
      const padded = new Float32Array(b * imageValues);
      padded.set(images);
      const outputs = await executable.run({ ...encoder.tensors, ...own, images: float32(padded, samples!.shape) });
      const rowsOf = (name: string): Float32Array => {
        const { data, shape } = outputs[name]!;
        return (data as Float32Array).slice(0, n * shape[1]!);
      };
      return { features: rowsOf('features'), embeddings: rowsOf('embedding') };
    },
    async close() {
      for (const tensor of Object.values(own)) await tensor.dispose();
      const [compiled] = await Promise.allSettled([compiling]);
      if (compiled.status === 'fulfilled') await compiled.value?.dispose();
    },
  };
}
