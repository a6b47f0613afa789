import type { SafeTensor } from '#store/safetensors/safetensors.js';

/** Converts images from [N, 3, H, W] to [N, H, W, 3]. */
export function channelsLast({ shape, data }: SafeTensor): Float32Array {
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const pixels = height * width;
  const out = new Float32Array(data.length);
  for (let image = 0; image < batch; image++) {
    for (let channel = 0; channel < channels; channel++) {
      const from = (image * channels + channel) * pixels;
      for (let pixel = 0; pixel < pixels; pixel++)
        out[(image * pixels + pixel) * channels + channel] = data[from + pixel] as number;
    }
  }
  return out;
}
